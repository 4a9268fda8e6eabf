// The perimeter of a pôle in one bassin: the map and the list of check boxes say the same thing.
// The list is the form; the map only ticks its boxes.

import { ajouterFond, cadrer, creerCarte } from "./fond.js";
import { garderHorsDuClavier } from "./clavier.js";

const page = JSON.parse(document.getElementById("carte-reglages").textContent);
const formulaire = document.getElementById("perimetre");
const lignes = new Map(
  [...formulaire.querySelectorAll("[data-commune]")].map((ligne) => [ligne.dataset.commune, ligne]),
);
const compte = document.getElementById("perimetre-compte");
const traces = new Map();
const nombres = new Intl.NumberFormat("fr-FR");
let modifie = false;

const STYLE = {
  dedans: { color: "#16324f", weight: 1, fillColor: "#1d5b8f", fillOpacity: 0.55 },
  dehors: { color: "#8c8271", weight: 0.8, fillColor: "#fffdf8", fillOpacity: 0.9 },
};

const VOISIN = { fillColor: "#ede7db" };

function caseDe(ligne) {
  return ligne.querySelector("input");
}

function montrer() {
  let cochees = 0;
  for (const [code, ligne] of lignes) {
    const dedans = caseDe(ligne).checked;
    if (dedans) cochees += 1;
    traces.get(code)?.setStyle(dedans ? STYLE.dedans : STYLE.dehors);
  }
  compte.textContent = nombres.format(cochees);
}

function simplifier(texte) {
  return texte
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .replace(/^st /, "saint ")
    .replace(/^ste /, "sainte ")
    .trim();
}

function filtrer(texte) {
  const voulu = simplifier(texte);
  let vues = 0;
  for (const ligne of lignes.values()) {
    ligne.hidden = Boolean(voulu) && !simplifier(ligne.textContent).includes(voulu);
    if (!ligne.hidden) vues += 1;
  }
  formulaire.querySelector(".perimetre__rien").hidden = vues > 0;
}

function toutCocher(oui) {
  for (const ligne of lignes.values()) if (!ligne.hidden) caseDe(ligne).checked = oui;
  modifie = true;
  montrer();
}

async function dessiner() {
  const reponse = await fetch(page.communes, { headers: { Accept: "application/json" } });
  if (!reponse.ok) throw new Error(String(reponse.status));
  const element = document.getElementById("carte");
  const carte = creerCarte(element, {
    cadre: page.cadre ?? undefined,
    titre: "Carte des communes du bassin. La liste permet les mêmes choix au clavier.",
    zoomMax: 13,
  });
  garderHorsDuClavier(element, carte, document.querySelector("[data-carte-entrer]"));
  await ajouterFond(carte, { fond: page.fond, bassins: page.bassins }, { styleBassin: () => VOISIN });
  L.geoJSON(await reponse.json(), {
    onEachFeature: ({ properties }, couche) => {
      const ligne = lignes.get(properties.code);
      if (!ligne) return;
      traces.set(properties.code, couche);
      // As text: Leaflet would read a string as HTML.
      couche.bindTooltip(document.createTextNode(properties.nom), { sticky: true });
      couche.on("click", () => {
        caseDe(ligne).checked = !caseDe(ligne).checked;
        modifie = true;
        montrer();
      });
    },
  }).addTo(carte);
  document.querySelector(".perimetre__legende").hidden = false;
  // The list beside has grown meanwhile, and the frame with it.
  carte.invalidateSize({ animate: false });
  if (page.cadre) cadrer(carte, page.cadre, false);
  montrer();
}

formulaire.addEventListener("change", () => {
  modifie = true;
  montrer();
});
formulaire.addEventListener("submit", () => {
  modifie = false;
});
// Leaving with unsaved choices: the browser asks.
window.addEventListener("beforeunload", (evenement) => {
  if (modifie) evenement.preventDefault();
});
formulaire.querySelector(".perimetre__outils").hidden = false;
document.getElementById("perimetre-chercher").addEventListener("input", ({ target }) => filtrer(target.value));
document.getElementById("perimetre-chercher").addEventListener("keydown", (evenement) => {
  if (evenement.key === "Enter") evenement.preventDefault();
});
for (const bouton of formulaire.querySelectorAll("[data-tout]")) {
  bouton.addEventListener("click", () => toutCocher(Boolean(bouton.dataset.tout)));
}
dessiner().catch((erreur) => {
  document.querySelector(".perimetre__carte").hidden = true;
  console.warn(`Carte du périmètre indisponible (${erreur.message})`);
});
