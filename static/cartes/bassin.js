// Map of a bassin: structures by family, beside the list that says the same thing.

import { ajouterFond, creerCarte } from "../territoires/fond.js";
import { garderHorsDuClavier } from "../territoires/clavier.js";
import { creerFiche } from "./fiche.js";
import { brancherFiltres, lireChoix, retenue } from "./filtres.js";
import { creerReperes } from "./reperes.js";
import { compter, reglages } from "./reglages.js";

const ETROIT = window.matchMedia("(max-width: 47.99em)");
const page = reglages();
const element = document.getElementById("carte");
const formulaire = document.getElementById("filtres");
const lignes = new Map([...document.querySelectorAll("[data-structure]")].map((li) => [Number(li.dataset.structure), li]));
const compteur = document.querySelector("[data-compte]");
const section = document.getElementById("fiche");
let reperes = null;
let ouverte = null;

const fiche = creerFiche(section, document.querySelector("[data-annonce]"), () => {
  lignes.get(ouverte)?.classList.remove("carte-ligne--choisie");
  ouverte = null;
  reperes?.oublier();
  ecrireAdresse();
});

async function choisir(id, options = {}) {
  const ligne = lignes.get(id);
  if (!ligne) return;
  lignes.get(ouverte)?.classList.remove("carte-ligne--choisie");
  ouverte = id;
  ligne.classList.add("carte-ligne--choisie");
  ecrireAdresse();
  await fiche.ouvrir(ligne.querySelector("[data-apercu]"), options);
  if (ouverte !== id) return;
  reperes?.choisir(id, ETROIT.matches ? undefined : { droite: section.offsetWidth, bas: 0 });
}

/** The address keeps the filters and the open card, so that it can be sent to somebody. */
function ecrireAdresse() {
  const parametres = new URLSearchParams(formulaire ? new FormData(formulaire) : "");
  if (ouverte !== null) parametres.set("structure", ouverte);
  const suite = parametres.toString();
  history.replaceState(history.state, "", suite ? `?${suite}` : location.pathname);
}

function filtrer(choix) {
  let nombre = 0;
  for (const ligne of lignes.values()) {
    ligne.hidden = !retenue(ligne.dataset, choix);
    nombre += ligne.hidden ? 0 : 1;
  }
  const total = Number(compteur.dataset.total);
  const suite = nombre === total ? "" : ` sur ${total}`;
  compteur.textContent = compter(nombre, "structure affichée", "structures affichées") + suite;
  const filtree = choix.familles.size > 0 || choix.types.size > 0;
  document.querySelector("[data-vide]").hidden = nombre > 0;
  formulaire.querySelector("[data-tout-montrer]").hidden = !filtree;
  reperes?.montrer((proprietes) => retenue(proprietes, choix));
  if (lignes.get(ouverte)?.hidden) fiche.fermer();
  ecrireAdresse();
}

function brancherListe() {
  for (const [id, ligne] of lignes) {
    const bouton = ligne.querySelector("[data-apercu]");
    bouton.hidden = false;
    bouton.addEventListener("click", () => (ouverte === id ? fiche.fermer() : choisir(id)));
  }
  if (formulaire) brancherFiltres(formulaire, filtrer);
}

function dessinerVoisin({ properties }, couche) {
  if (properties.code === page.bassin) return;
  couche.bindTooltip(properties.nom, { sticky: true, className: "carte-bulle" });
  couche.on("click", () => location.assign(`../${encodeURIComponent(properties.code)}/`));
}

function montrerCherchee(carte, { nom, lat, lon }) {
  L.circleMarker([lat, lon], { radius: 9, className: "carte-cherchee", interactive: false })
    .bindTooltip(nom, { permanent: true, direction: "top", offset: [0, -18], className: "carte-bulle" })
    .addTo(carte);
  carte.setView([lat, lon], 11, { animate: false });
}

async function dessinerCarte() {
  const carte = creerCarte(element, {
    cadre: page.cadre ?? undefined,
    tuiles: page.tuiles,
    titre: "Carte des structures. Flèches pour se déplacer, plus et moins pour zoomer, Échap pour sortir.",
    // A whole number: with a fraction, markercluster drops the markers that never join a cluster.
    zoomMin: 6,
    // Without streets in the background, closer would show a marker on a blank ground.
    zoomMax: page.tuiles ? 18 : 14,
  });
  garderHorsDuClavier(element, carte, document.querySelector("[data-carte-entrer]"));
  const fond = ajouterFond(
    carte,
    { fond: page.terres, bassins: page.bassins, communes: page.communes, lieux: page.lieux },
    {
      styleBassin: ({ properties }) => ({
        className: properties.code === page.bassin ? "carte-bassin-choisi" : "carte-bassin-voisin",
      }),
      surBassin: dessinerVoisin,
    },
  );
  if (page.cherchee) montrerCherchee(carte, page.cherchee);
  const reponse = await fetch(page.structures);
  if (!reponse.ok) throw new Error(`structures : ${reponse.status}`);
  reperes = creerReperes(carte, await reponse.json(), page.symboles, choisir);
  const choix = formulaire ? lireChoix(formulaire) : { familles: new Set(), types: new Set(), affinees: new Set() };
  reperes.montrer((proprietes) => retenue(proprietes, choix));
  await fond;
  element.dataset.prete = "";
}

brancherListe();
dessinerCarte()
  .catch((erreur) => console.warn("La carte n’a pas pu être dessinée.", erreur))
  .finally(() => {
    const demandee = Number(new URLSearchParams(location.search).get("structure"));
    if (demandee) choisir(demandee, { prendreLeFocus: false });
  });
