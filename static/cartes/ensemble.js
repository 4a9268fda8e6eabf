// The map of all structures: families filter in place, a group opens by zooming, a structure by its card.
// The directory is its list; the link to it follows the filters.

import { ajouterFond, cadrer, creerCarte } from "../territoires/fond.js";
import { garderHorsDuClavier } from "../territoires/clavier.js";
import { laisserDefiler } from "./gestes.js";
import { direVue, lireVue, suivreAdresse } from "./adresse.js";
import { creerFiche } from "./fiche.js";
import { imprimer } from "./outils.js";
import { creerCalque, lireColonnes } from "./points.js";
import { calme, compter, enTexte, reglages } from "./reglages.js";

// A group of so few, or one that no zoom can part, is shown as a list.
const LISTE_MAX = 30;
const page = reglages();
const element = document.getElementById("carte");
const formulaire = document.getElementById("filtres");
const compte = document.querySelector("[data-compte]");
const choisies = document.querySelector("[data-choisies]");
const cases = [...formulaire.querySelectorAll("input[name=famille]")];

let carte = null;
let calque = null;
let points = null;
let vueInitiale = "";
let demande = 0;
let structure = null;
let restaure = false;

const fiche = creerFiche(
  document.getElementById("fiche"),
  document.querySelector("[data-annonce]"),
  () => {
    structure = null;
    if (!restaure) adresse.avancer();
  },
  () => document.querySelector("[data-carte-entrer]"),
);
const adresse = suivreAdresse(composer, restaurer);

function familles() {
  return new Set(cases.filter((une) => une.checked).map((une) => une.value));
}

function composer() {
  const parametres = new URLSearchParams();
  for (const famille of familles()) parametres.append("famille", famille);
  if (page.autour) parametres.set("autour", page.autour);
  if (structure !== null) parametres.set("structure", structure);
  if (carte && direVue(carte) !== vueInitiale) parametres.set("vue", direVue(carte));
  return parametres;
}

async function restaurer(parametres) {
  const voulues = new Set(parametres.getAll("famille"));
  for (const une of cases) une.checked = voulues.has(une.value);
  const vue = lireVue(parametres.get("vue")) ?? lireVue(vueInitiale);
  if (carte && vue) carte.setView([vue.lat, vue.lon], vue.zoom, { animate: false });
  filtrer();
  await ouvrirDe(parametres);
}

/** The card that an address asks for, or none. */
async function ouvrirDe(parametres) {
  const id = Number(parametres.get("structure")) || null;
  if (id === structure) return;
  restaure = true;
  if (id === null) fiche.fermer();
  else {
    const bouton = await listerIds([id]);
    if (bouton) await ouvrir(bouton, id, { prendreLeFocus: false });
  }
  restaure = false;
}

function ouvrir(bouton, id, options) {
  structure = id;
  if (!restaure) adresse.avancer();
  return fiche.ouvrir(bouton, options);
}

function filtrer() {
  const voulues = familles();
  calque?.filtrer(voulues);
  const nombre = cases
    .filter((une) => voulues.size === 0 || une.checked)
    .reduce((somme, une) => somme + Number(une.dataset.nombre), 0);
  const total = Number(compte.dataset.total);
  const sur = nombre === total ? "" : ` sur ${new Intl.NumberFormat("fr-FR").format(total)}`;
  compte.textContent = `${compter(nombre, "structure", "structures")}${sur}`;
  const suite = new URLSearchParams([...voulues].map((famille) => ["famille", famille]));
  garderLesFamilles(voulues);
  for (const lien of document.querySelectorAll("[data-annuaire]")) lien.href = `${page.annuaire}?${suite}`;
}

/** The structures of a place, as a list under the map: a button each, by name. The first one, or null when another
 *  place was asked meanwhile. */
async function listerIds(ids) {
  const numero = ++demande;
  const noms = await nommer(ids.slice(0, LISTE_MAX));
  if (numero !== demande) return null;
  choisies.replaceChildren(...noms.map(ligne));
  if (ids.length > LISTE_MAX) {
    const suite = document.createElement("li");
    suite.textContent = `et ${ids.length - LISTE_MAX} autres, dans l’annuaire.`;
    choisies.append(suite);
  }
  choisies.hidden = ids.length < 2;
  return choisies.querySelector("button");
}

/** Names from the portal; without them, the numbers still lead somewhere. */
async function nommer(ids) {
  try {
    const reponse = await fetch(`${page.noms}?ids=${[...ids].sort((a, b) => a - b).join(",")}`);
    if (reponse.ok) return await reponse.json();
  } catch {
    // The map may be open in a train: below.
  }
  return ids.map((id) => ({ id, nom: `Structure n°\u00a0${id}`, commune: "" }));
}

function ligne({ id, nom, commune }) {
  const element_ = document.createElement("li");
  const bouton = document.createElement("button");
  bouton.type = "button";
  bouton.className = "carte-lien";
  bouton.dataset.apercu = page.apercu.replace("/0/", `/${id}/`);
  bouton.textContent = commune ? `${nom}, ${commune}` : nom;
  const lien = document.createElement("a");
  lien.href = page.page.replace("/0/", `/${id}/`);
  lien.textContent = "Voir la page";
  lien.setAttribute("aria-label", `Voir la page de ${nom}`);
  bouton.addEventListener("click", () => ouvrir(bouton, id));
  element_.append(bouton, " ", lien);
  return element_;
}

async function choisir(rangs, groupe) {
  const etendue = L.latLngBounds(rangs.map((rang) => [points.lat[rang], points.lon[rang]]));
  const separables = etendue.getNorth() - etendue.getSouth() > 2e-4 || etendue.getEast() - etendue.getWest() > 2e-4;
  if (groupe.nombre > 1 && separables && carte.getZoom() < carte.getMaxZoom()) {
    carte.fitBounds(etendue, { padding: [40, 40], maxZoom: Math.max(carte.getZoom() + 2, 15), animate: !calme() });
    return;
  }
  const bouton = await listerIds(rangs.map((rang) => points.id[rang]));
  // One structure: its card. Several at one place: their names first, the choice is the reader's.
  if (rangs.length === 1 && bouton) ouvrir(bouton, points.id[rangs[0]]);
  else bouton?.focus();
}

/** The search of a place is another form: it takes the families along. */
function garderLesFamilles(voulues) {
  const recherche = document.querySelector("[data-lieu]");
  for (const champ of recherche.querySelectorAll("[name=famille]")) champ.remove();
  for (const famille of voulues) {
    const champ = document.createElement("input");
    Object.assign(champ, { type: "hidden", name: "famille", value: famille });
    recherche.prepend(champ);
  }
}

function montrerCherchee({ nom, lat, lon }) {
  L.circleMarker([lat, lon], { radius: 22, className: "carte-visee", interactive: false })
    .bindTooltip(enTexte(nom), { permanent: true, direction: "top", offset: [0, -24], className: "carte-bulle" })
    .addTo(carte);
  carte.setView([lat, lon], 11, { animate: false });
}

function brancherCopie() {
  const bouton = document.querySelector("[data-copier]");
  if (!navigator.clipboard) return;
  bouton.hidden = false;
  bouton.addEventListener("click", async () => {
    const reponse = document.querySelector("[data-copie]");
    adresse.corriger();
    try {
      await navigator.clipboard.writeText(location.href);
      reponse.textContent = "Adresse copiée.";
    } catch {
      reponse.textContent = "L’adresse n’a pas pu être copiée\u00a0: elle est dans la barre du navigateur.";
    }
  });
}

async function lirePoints() {
  const reponse = await fetch(page.points);
  if (!reponse.ok) throw new Error(`${reponse.status}`);
  return lireColonnes(await reponse.json());
}

async function dessiner() {
  carte = creerCarte(element, {
    cadre: page.cadre ?? undefined,
    tuiles: page.tuiles,
    titre: "Carte de toutes les structures. Flèches pour se déplacer, plus et moins pour zoomer, Échap pour sortir.",
    zoomMin: 4.5,
  });
  carte.setMaxBounds(null);
  // Finer steps than the base map's: on a phone the région fills the width.
  carte.options.zoomSnap = 0.25;
  if (page.cadre) cadrer(carte, page.cadre, false);
  garderHorsDuClavier(element, carte, document.querySelector("[data-carte-entrer]"));
  laisserDefiler(carte, element);
  imprimer(carte);
  if (page.cherchee) montrerCherchee(page.cherchee);
  vueInitiale = direVue(carte);
  const vue = lireVue(new URLSearchParams(location.search).get("vue"));
  if (vue) carte.setView([vue.lat, vue.lon], vue.zoom, { animate: false });
  const fond = ajouterFond(carte, { fond: page.terres, bassins: page.bassins, lieux: page.lieux });
  points = await lirePoints();
  let noms = null;
  const surDessin = () => noms?.ecrire();
  calque = creerCalque(points, { couleurs: page.couleurs, formes: page.formes, surChoix: choisir, surDessin }).addTo(carte);
  filtrer();
  await ouvrirDe(new URLSearchParams(location.search));
  carte.on("moveend", () => adresse.corrigerBientot());
  for (const une of cases) {
    une.addEventListener("change", () => {
      filtrer();
      adresse.avancer();
    });
  }
  formulaire.addEventListener("submit", (evenement) => evenement.preventDefault());
  formulaire.querySelector("[data-sans-script]").hidden = true;
  brancherCopie();
  noms = (await fond).lieux ?? null;
  noms?.contourner(calque.boites);
  // For whoever measures: what is on the map.
  element.dataset.groupes = calque.etat().groupes;
  element.dataset.prete = "";
}

dessiner().catch((erreur) => {
  console.warn("La carte n’a pas pu être dessinée.", erreur);
  const mots = document.createElement("li");
  mots.textContent = "La carte n’a pas pu être dessinée. L’annuaire donne les mêmes structures en liste.";
  choisies.replaceChildren(mots);
  choisies.hidden = false;
});
