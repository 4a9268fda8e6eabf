// Cooperations as lines between structures, and as a list that says the same thing.

import { compter, enTexte, lireJson } from "./reglages.js";

// Two links between the same two places are bent, or one would hide the other.
const COURBURE = 0.14;

/** `bloc`: section of the list; `adresse`: who answers; `connue(id)`: whether the map shows this structure;
 *  `annonce`: live region. */
export function creerLiens(carte, bloc, { adresse, connue, annonce }) {
  carte.createPane("liens");
  const calque = L.layerGroup().addTo(carte);
  let recus = null;
  let traits = [];
  let demande = 0;
  let autour = null;

  function dessiner() {
    const croises = new Map();
    const bouts = new Map();
    for (const lien of recus.liens) {
      for (const [a, b] of lien.traits) {
        const cle = [a.id, b.id].sort().join("-");
        const rang = croises.get(cle) ?? 0;
        croises.set(cle, rang + 1);
        const classe = lien.signee ? " carte-lien-trace--signe" : lien.cle.startsWith("convention") ? " carte-lien-trace--convention" : "";
        const trait = L.polyline(courbe(...(a.id < b.id ? [a, b] : [b, a]), rang), {
          pane: "liens",
          className: `carte-lien-trace${classe}`,
        }).bindTooltip(enTexte(`${a.nom} ↔ ${b.nom} — ${lien.nom} (${lien.etat.toLowerCase()})`), {
          sticky: true,
          className: "carte-bulle",
        });
        trait.addTo(calque);
        traits.push({ trait, ids: [a.id, b.id], cle: lien.cle });
        for (const bout of [a, b]) if (!connue(bout.id)) bouts.set(bout.id, bout);
      }
    }
    for (const { nom, lat, lon } of bouts.values()) {
      L.circleMarker([lat, lon], { radius: 6, pane: "liens", className: "carte-bout" })
        .bindTooltip(enTexte(`${nom}, hors de cette carte`), { className: "carte-bulle" })
        .addTo(calque);
    }
  }

  function souligner(garder) {
    for (const lien of traits) {
      lien.trait.getElement()?.classList.toggle("carte-lien-trace--efface", garder !== null && !garder(lien));
    }
  }

  for (const [entree, sortie] of [["mouseover", "mouseleave"], ["focusin", "focusout"]]) {
    bloc.addEventListener(entree, ({ target }) => {
      const cle = target.closest("[data-cooperation]")?.dataset.cooperation;
      souligner(cle ? (lien) => lien.cle === cle : autour);
    });
    bloc.addEventListener(sortie, () => souligner(autour));
  }

  return {
    /** Draw and list them, or nothing. */
    async montrer(oui) {
      const numero = ++demande;
      bloc.hidden = !oui;
      calque.clearLayers();
      traits = [];
      if (!oui) return;
      recus ??= await lireJson(adresse);
      // Hidden, or asked again, in the meantime.
      if (numero !== demande) return;
      const liste = bloc.querySelector("[data-liste-liens]");
      if (!recus) {
        liste.textContent = "Les coopérations n’ont pas pu être lues. Réessayez dans un instant.";
        return;
      }
      liste.innerHTML = recus.liste;
      annonce.textContent = compter(recus.liens.length, "coopération tracée et listée", "coopérations tracées et listées");
      dessiner();
    },
    /** Fade what does not touch a structure (null: none). */
    autourDe(id) {
      autour = id === null || !traits.some(({ ids }) => ids.includes(id)) ? null : ({ ids }) => ids.includes(id);
      souligner(autour);
    },
  };
}

function courbe(a, b, rang) {
  const depart = [a.lat, a.lon];
  const arrivee = [b.lat, b.lon];
  if (rang === 0) return [depart, arrivee];
  const sens = rang % 2 ? 1 : -1;
  const force = COURBURE * Math.ceil(rang / 2) * sens;
  const milieu = [(a.lat + b.lat) / 2 + (b.lon - a.lon) * force, (a.lon + b.lon) / 2 - (b.lat - a.lat) * force];
  return Array.from({ length: 17 }, (_, i) => {
    const t = i / 16;
    return [0, 1].map((axe) => (1 - t) ** 2 * depart[axe] + 2 * t * (1 - t) * milieu[axe] + t ** 2 * arrivee[axe]);
  });
}
