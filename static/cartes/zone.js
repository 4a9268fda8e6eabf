// Rayonnement of an offer: what it truly covers (cartes/zones.py), drawn and said.

import { calme, elargir, lireJson } from "./reglages.js";

/** `note`: where it is said in words; `adresse(offre)`: who answers; `surFermeture()` once erased by the person. */
export function creerZone(carte, note, { adresse, surFermeture }) {
  carte.createPane("zone");
  const calque = L.layerGroup().addTo(carte);
  let demande = 0;
  let cadre = null;

  const effacer = () => {
    demande += 1;
    cadre = null;
    calque.clearLayers();
    note.hidden = true;
    note.replaceChildren();
  };
  note.addEventListener("click", ({ target }) => {
    if (!target.closest("[data-effacer]")) return;
    effacer();
    surFermeture();
  });

  return {
    effacer,
    /** Draw the zone of an offer; `cadrer` brings it into view. Resolves with whether there was one. */
    async montrer(offre, { cadrer = true } = {}) {
      effacer();
      const numero = demande;
      const zone = await lireJson(adresse(offre));
      if (numero !== demande) return false;
      dire(note, zone);
      if (!zone?.aires) return false;
      const aires = L.geoJSON(zone.aires, {
        pane: "zone",
        interactive: false,
        style: () => ({ className: "carte-zone" }),
      }).addTo(calque);
      cadre = aires.getBounds();
      if (zone.cercle) {
        const rond = L.circle([zone.cercle.lat, zone.cercle.lon], {
          radius: zone.cercle.km * 1000,
          pane: "zone",
          className: "carte-cercle",
          interactive: false,
        }).addTo(calque);
        cadre = rond.getBounds();
      }
      elargir(carte, cadre);
      if (cadrer && cadre.isValid()) carte.fitBounds(cadre, { padding: [16, 16], animate: !calme() });
      return true;
    },
  };
}

/** What shows or erases a zone in the card says by its name what a press does; `offre`: whose zone is drawn, or null. */
export function marquerLaZone(section, offre) {
  for (const bouton of section.querySelectorAll("[data-zone]")) {
    // A link to this map for the other pages; here it draws.
    bouton.setAttribute("role", "button");
    const vue = Number(bouton.dataset.zone) === offre;
    bouton.toggleAttribute("data-dessinee", vue);
    bouton.firstChild.textContent = vue ? "Effacer la zone" : "Voir la zone sur la carte";
  }
}

function dire(note, zone) {
  const texte = document.createElement("p");
  const titre = document.createElement("strong");
  if (!zone) {
    titre.textContent = "La zone n’a pas pu être lue.";
    texte.append(titre, " Réessayez dans un instant.");
  } else {
    const motif = document.createElement("span");
    motif.className = "carte-motif";
    motif.setAttribute("aria-hidden", "true");
    titre.textContent = zone.libelle;
    const suite = zone.aires ? `. ${zone.zone} (${zone.compte}).` : `. ${zone.zone}.`;
    texte.append(motif, "Zone couverte par l’offre ", titre, zone.structure ? `, ${zone.structure.nom}` : "", suite);
    if (zone.cercle) texte.append(" Une commune est couverte si son centre est dans le cercle.");
  }
  const bouton = document.createElement("button");
  bouton.type = "button";
  bouton.className = "carte-lien";
  bouton.dataset.effacer = "";
  bouton.textContent = "Effacer la zone";
  note.replaceChildren(texte, bouton);
  note.hidden = false;
}
