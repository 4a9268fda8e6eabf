// Cooperations as lines between structures, and as a list that says the same thing.

import { compter, enTexte, lireJson } from "./reglages.js";

// Two links between the same two places are bent, or one would hide the other.
const COURBURE = 0.14;

/** `bloc`: section of the list; `adresse`: who answers; `connue(id)`: whether the list holds this structure;
 *  `garde(id)`: whether the filters keep it; `surChoix(id)`: the end of a line was chosen; `boites()`: what the symbols
 *  cover, in pixels; `legende`: what each kind of line says; `avis`: why there is none; `annonce`: live region. */
export function creerLiens(carte, bloc, { adresse, connue, garde, surChoix, boites, legende, avis, annonce }) {
  carte.createPane("liens");
  const calque = L.layerGroup().addTo(carte);
  const caches = bloc.querySelector("[data-liens-caches]");
  let recus = null;
  let traits = [];
  let bouts = [];
  let demande = 0;
  let montre = false;
  let autour = null;
  let dessines = "";

  // Left out by the filters; one that the list does not hold (another bassin, closed) never is.
  const filtree = (id) => connue(id) && !garde(id);
  /** As `cartes.liens.montrer`: it goes only when the filters leave out all those of it that the list holds. */
  const cachee = ({ structures }) => structures.some(connue) && !structures.some((id) => connue(id) && garde(id));

  function dessiner() {
    const croises = new Map();
    const creux = new Map();
    const genres = new Set();
    calque.clearLayers();
    traits = [];
    for (const lien of recus.liens.filter((un) => !cachee(un))) {
      for (const [a, b] of lien.traits) {
        // Nothing of what was asked is at either end.
        if (filtree(a.id) && filtree(b.id)) continue;
        const cle = [a.id, b.id].sort().join("-");
        const rang = croises.get(cle) ?? 0;
        croises.set(cle, rang + 1);
        const classes = ["carte-lien-trace", `carte-lien-trace--${genreDe(lien)}`];
        if (a.fermee || b.fermee) classes.push("carte-lien-trace--fermee");
        const trait = L.polyline(courbe(...(a.id < b.id ? [a, b] : [b, a]), rang), {
          pane: "liens",
          className: classes.join(" "),
        }).bindTooltip(enTexte(`${nommer(a)} ↔ ${nommer(b)} — ${lien.nom} (${lien.etat.toLowerCase()})`), {
          sticky: true,
          className: "carte-bulle",
        });
        trait.addTo(calque);
        genres.add(genreDe(lien));
        traits.push({ trait, ids: [a.id, b.id], cle: lien.cle });
        for (const bout of [a, b]) if (!connue(bout.id) || !garde(bout.id)) creux.set(bout.id, bout);
      }
    }
    for (const entree of legende.children) entree.hidden = !genres.has(entree.dataset.genre);
    legende.hidden = genres.size === 0;
    terminer([...creux.values()]);
    souligner(autour);
  }

  /** Ends that the map has no symbol for: hollow, and said in words. */
  function terminer(ends) {
    bouts = ends.map((bout) => {
      const masque = filtree(bout.id);
      const classes = `carte-bout${bout.fermee ? " carte-bout--ferme" : masque ? " carte-bout--masque" : ""}`;
      const point = L.circleMarker([bout.lat, bout.lon], { radius: 6, pane: "liens", className: classes });
      if (masque) point.on("click", () => surChoix(bout.id));
      return { bout, masque, point: point.addTo(calque) };
    });
    nommerLesBouts();
  }

  /** A name beside each end that the filters left out, where nothing else is written; elsewhere when pointed at. */
  function nommerLesBouts() {
    const pris = boites();
    for (const { bout, masque, point } of bouts) {
      const { x, y } = carte.latLngToContainerPoint(point.getLatLng());
      const boite = [x - 8, y - 10, x + 14 + bout.nom.length * 7, y + 10];
      const libre = masque && !pris.some(([g, h, d, b]) => boite[2] > g && boite[0] < d && boite[3] > h && boite[1] < b);
      if (masque) pris.push(boite);
      point.unbindTooltip();
      if (libre) {
        point.bindTooltip(enTexte(bout.nom), { permanent: true, direction: "right", offset: [6, 0], className: "carte-bout-nom" });
      } else {
        const pourquoi = masque ? "masquée par les filtres" : bout.commune;
        point.bindTooltip(enTexte(`${nommer(bout)}, ${pourquoi}`), { className: "carte-bulle" });
      }
    }
  }
  /** The list says the same: greyed partners, and how many cooperations the filters leave out. */
  function marquer() {
    let nombre = 0;
    for (const lien of recus.liens) {
      const item = bloc.querySelector(`[data-cooperation="${CSS.escape(lien.cle)}"]`);
      if (!item) continue;
      item.hidden = cachee(lien);
      nombre += item.hidden ? 1 : 0;
      for (const partie of item.querySelectorAll("[data-bout]")) {
        const mots = partie.querySelector("[data-filtree]");
        // A closed one says that it has closed, whatever the filters.
        if (!mots) continue;
        mots.hidden = !filtree(Number(partie.dataset.bout));
        partie.classList.toggle("carte-partie--grisee", !mots.hidden);
      }
    }
    const debut = compter(nombre, "autre coopération ne lie", "autres coopérations ne lient");
    caches.textContent = `${debut} que des structures masquées par les filtres.`;
    caches.hidden = nombre === 0;
  }

  function souligner(voulu) {
    for (const lien of traits) {
      lien.trait.getElement()?.classList.toggle("carte-lien-trace--efface", voulu !== null && !voulu(lien));
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
      montre = false;
      bloc.hidden = !oui;
      legende.hidden = true;
      avis.hidden = true;
      calque.clearLayers();
      traits = [];
      bouts = [];
      if (!oui) return;
      recus ??= await lireJson(adresse);
      // Hidden, or asked again, in the meantime.
      if (numero !== demande) return;
      const liste = bloc.querySelector("[data-liste-liens]");
      if (!recus) {
        liste.textContent = "Les coopérations n’ont pas pu être lues. Réessayez dans un instant.";
        // The list may be far below the button.
        avis.textContent = liste.textContent;
        avis.hidden = false;
        return;
      }
      liste.innerHTML = recus.liste;
      montre = true;
      dessines = "";
      this.filtrer();
      const nombre = recus.liens.filter((lien) => !cachee(lien)).length;
      annonce.textContent = compter(nombre, "coopération tracée et listée", "coopérations tracées et listées");
    },
    /** The filters have changed: draw again if it changes an end of a line. */
    filtrer() {
      if (!montre) return;
      const ids = new Set(recus.liens.flatMap(({ structures }) => structures));
      const gardes = [...ids].map((id) => `${id}${connue(id) ? "c" : ""}${garde(id) ? "g" : ""}`).join();
      if (gardes === dessines) return;
      dessines = gardes;
      dessiner();
      marquer();
    },
    /** The symbols have been drawn again: names go where they leave room. */
    nommerLesBouts,
    /** Fade what does not touch a structure (null: none). */
    autourDe(id) {
      autour = id === null || !traits.some(({ ids }) => ids.includes(id)) ? null : ({ ids }) => ids.includes(id);
      souligner(autour);
    },
  };
}

/** As the legend says it: an agreement that everybody has signed isn't drawn as one that waits. */
function genreDe({ signee, cle }) {
  if (signee) return "signee";
  return cle.startsWith("convention") ? "convention" : "fiche-action";
}

function nommer({ nom, fermee }) {
  return fermee ? `${nom} (fermée)` : nom;
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
