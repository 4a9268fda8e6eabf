// Map of a service: who offers, who needs, which communes nobody reaches, over the bassins of the région.
// The table and the two lists of the page say the same thing.

import { ajouterFond, cadrer, creerCarte } from "../territoires/fond.js";
import { garderHorsDuClavier } from "../territoires/clavier.js";
import { laisserDefiler } from "./gestes.js";
import { direVue, lireVue, suivreAdresse } from "./adresse.js";
import { lireLignes, relier, styleDe } from "./aires.js";
import { creerFiche } from "./fiche.js";
import { creerOmbre } from "./ombre.js";
import { brancherOutils, enPleinEcran } from "./outils.js";
import { creerReperes } from "./reperes.js";
import { calme, compter, reglages } from "./reglages.js";
import { creerZone, marquerLaZone } from "./zone.js";

const ETROIT = window.matchMedia("(max-width: 47.99em)");
const UNE_COLONNE = window.matchMedia("(max-width: 61.99em)");
const page = reglages();
const element = document.getElementById("carte");
const colonne = document.querySelector("[data-colonne]");
const section = document.getElementById("fiche");
const annonce = document.querySelector("[data-annonce]");
const cases = [...document.querySelectorAll("#couches input[name=montrer]")];
const listes = new Map([...document.querySelectorAll("[data-liste-couche]")].map((une) => [une.dataset.listeCouche, une]));
const propositions = new Map([...document.querySelectorAll("[data-point]")].map((une) => [une.dataset.point, une]));
const lignes = lireLignes();
const surligner = new Map();
const depart = new URLSearchParams(location.search);

const etat = { point: null, zone: null };
let carte = null;
let reperes = null;
let hors = null;
let zone = null;
let vueInitiale = "";
let restaure = false;

const fiche = creerFiche(section, annonce, () => {
  propositions.get(etat.point)?.classList.remove("carte-ligne--choisie");
  etat.point = null;
  reperes?.oublier();
  avancer();
}, () => (enPleinEcran() ? colonne.querySelector("[data-plein-ecran]") : document.getElementById("liste-bassins")));
const adresse = suivreAdresse(composer, restaurer);

// ------------------------------------------------------------------------------------ address

function composer() {
  const parametres = new URLSearchParams();
  const voulues = cases.filter((une) => une.checked);
  if (voulues.length < cases.length) {
    // An address without any layer would say « all of them ».
    for (const cle of voulues.length ? voulues.map((une) => une.value) : ["rien"]) parametres.append("montrer", cle);
  }
  if (etat.point !== null) parametres.set("point", etat.point);
  if (etat.zone !== null) parametres.set("zone", etat.zone);
  if (carte && vueInitiale && direVue(carte) !== vueInitiale) parametres.set("vue", direVue(carte));
  return parametres;
}

function avancer() {
  if (!restaure) adresse.avancer();
}

async function restaurer(parametres) {
  restaure = true;
  const dites = parametres.getAll("montrer");
  for (const une of cases) une.checked = dites.length === 0 || dites.includes(une.value);
  filtrer();
  const vue = lireVue(parametres.get("vue")) ?? lireVue(vueInitiale);
  if (carte && vue) carte.setView([vue.lat, vue.lon], vue.zoom, { animate: false });
  await montrerZone(Number(parametres.get("zone")) || null, { cadrer: false });
  const id = parametres.get("point");
  if (!propositions.has(id)) fiche.fermer();
  else if (id !== etat.point) await choisir(id, { prendreLeFocus: false, bouger: false });
  restaure = false;
}

// ------------------------------------------------------------------------------------- layers

const montree = (cle) => cases.some((une) => une.value === cle && une.checked);
const coucheDe = (id) => (id.startsWith("offre-") ? "offres" : "besoins");

function filtrer() {
  reperes?.montrer((id) => montree(coucheDe(id)));
  if (hors && carte) {
    if (montree("hors")) hors.addTo(carte);
    else hors.remove();
  }
  for (const [cle, liste] of listes) liste.hidden = !montree(cle);
  if (etat.point !== null && !montree(coucheDe(etat.point))) fiche.fermer();
}

function dire() {
  const montres = cases
    .filter((une) => une.checked)
    .map((une) => compter(Number(une.dataset.nombre), une.dataset.un, une.dataset.plusieurs));
  annonce.textContent = montres.length ? `Sur la carte\u00a0: ${montres.join(", ")}.` : "Plus rien n’est montré sur la carte.";
}

function brancherCouches() {
  document.querySelector("#couches [data-sans-script]").hidden = true;
  for (const une of cases) {
    une.addEventListener("change", () => {
      filtrer();
      dire();
      avancer();
    });
  }
  document.getElementById("couches").addEventListener("submit", (evenement) => evenement.preventDefault());
}

/** On one column, who offers and who needs come before the long table of the bassins; beside the map, it stays there. */
function rangerLesListes() {
  const deux = document.querySelector(".carte-deux");
  const duo = document.querySelector(".carte-duo");
  const actif = document.activeElement;
  if (UNE_COLONNE.matches) duo.insertBefore(deux, duo.querySelector(".carte-duo__liste"));
  else duo.after(deux);
  // What moves in the page loses the focus: a phone that turns keeps it.
  if (actif !== document.activeElement) actif.focus({ preventScroll: true });
}

// ------------------------------------------------------------------------------- card and zone

async function choisir(id, { prendreLeFocus = true, bouger = true } = {}) {
  const ligne = propositions.get(id);
  if (!ligne) return;
  propositions.get(etat.point)?.classList.remove("carte-ligne--choisie");
  etat.point = id;
  ligne.classList.add("carte-ligne--choisie");
  avancer();
  await fiche.ouvrir(ligne.querySelector("[data-apercu]"), { prendreLeFocus });
  if (etat.point !== id) return;
  marquerLaZone(section, etat.zone);
  if (!bouger) return reperes?.designer(id);
  // On a phone the sheet lies over the bottom of the screen; chosen in a list far below, the map is out of sight.
  if (ETROIT.matches || element.getBoundingClientRect().bottom < 120) element.scrollIntoView({ block: "start" });
  return reperes?.choisir(id, couverte(), false);
}

/** Pixels of the map that the card hides. */
function couverte() {
  if (!ETROIT.matches) return { droite: section.offsetWidth, bas: 0 };
  const { bottom, height } = element.getBoundingClientRect();
  return { droite: 0, bas: Math.max(0, Math.min(bottom - section.getBoundingClientRect().top, height - 120)) };
}

async function montrerZone(offre, options = {}) {
  if (!zone || offre === etat.zone) return;
  etat.zone = offre;
  marquerLaZone(section, etat.zone);
  if (offre === null) zone.effacer();
  else {
    if (!restaure) fiche.reduire();
    await zone.montrer(offre, options);
  }
}

function brancherFiche() {
  for (const [id, ligne] of propositions) {
    const bouton = ligne.querySelector("[data-apercu]");
    bouton.hidden = false;
    bouton.addEventListener("click", () => (etat.point === id && !section.hidden ? fiche.fermer() : choisir(id)));
    for (const [geste, vers] of [["mouseenter", id], ["mouseleave", null], ["focusin", id], ["focusout", null]]) {
      ligne.addEventListener(geste, () => reperes?.survoler(vers));
    }
  }
  section.addEventListener("click", async (evenement) => {
    const bouton = evenement.target.closest("[data-zone]");
    // Without a map, or for another tab, it is a link like others.
    if (!bouton || !zone || evenement.ctrlKey || evenement.metaKey || evenement.shiftKey) return;
    evenement.preventDefault();
    const offre = Number(bouton.dataset.zone);
    await montrerZone(offre === etat.zone ? null : offre);
    avancer();
  });
}

// ---------------------------------------------------------------------------------------- map

/** What a group shows: how many offers, how many needs, each beside its sign. */
function ecrireGroupe(comptes) {
  const boite = document.createElement("span");
  for (const genre of Object.keys(page.familles)) {
    if (!comptes.has(genre)) continue;
    const signe = document.createElement("img");
    Object.assign(signe, { src: page.symboles[genre], alt: "", width: 18, height: 18 });
    const nombre = document.createElement("span");
    nombre.textContent = comptes.get(genre);
    boite.append(signe, nombre);
  }
  const large = comptes.size > 1 ? 92 : 52;
  return L.divIcon({ html: boite, className: "carte-pastille", iconSize: [large, 30] });
}

/** The bassin kept to those whom the map shows. */
function allerAuBassin(ligne) {
  const besoinsSeuls = montree("besoins") && !montree("offres");
  location.assign(besoinsSeuls ? ligne.dataset.besoins : ligne.querySelector("a").href);
}

function brancherBassin({ properties: { code, nom } }, couche) {
  const ligne = lignes.get(code);
  if (ligne) surligner.set(code, relier(couche, nom, ligne, () => allerAuBassin(ligne)));
}

/** Communes that nobody reaches, hatched; each says its name and leads to its bassin. */
async function ombrer(absentes) {
  if (!absentes.length || !page.communes) return;
  const reponse = await fetch(page.communes);
  if (!reponse.ok) throw new Error(`communes : ${reponse.status}`);
  const voulues = new Set(absentes);
  hors = creerOmbre(carte, (await reponse.json()).features.filter(({ id }) => voulues.has(id)), {
    surBassin: (bassin, oui) => surligner.get(bassin)?.(oui),
    surClic: (bassin) => lignes.has(bassin) && allerAuBassin(lignes.get(bassin)),
  });
}

function creer() {
  carte = creerCarte(element, {
    cadre: page.cadre ?? undefined,
    tuiles: page.tuiles,
    titre: "Carte du service. Flèches pour se déplacer, plus et moins pour zoomer, Échap pour sortir.",
    zoomMax: page.tuiles ? 18 : 13,
  });
  carte.options.zoomSnap = 0.25;
  if (page.cadre) cadrer(carte, page.cadre, false);
  garderHorsDuClavier(element, carte, document.querySelector("[data-carte-entrer]"));
  laisserDefiler(carte, element);
  vueInitiale = direVue(carte);
  zone = creerZone(carte, document.querySelector("[data-note]"), {
    adresse: (offre) => page.zone_url.replace("/0/", `/${offre}/`),
    surFermeture: () => {
      etat.zone = null;
      marquerLaZone(section, etat.zone);
      (section.hidden ? document.getElementById("liste-bassins") : section.querySelector("#fiche-titre"))?.focus({ preventScroll: true });
      avancer();
    },
  });
  brancherOutils(carte, colonne, () => page.cadre && cadrer(carte, page.cadre, !calme()));
  document.querySelector("[data-outils]").hidden = false;
}

async function dessiner() {
  const donnees = fetch(page.donnees);
  creer();
  const fond = ajouterFond(
    carte,
    { fond: page.terres, bassins: page.bassins, lieux: page.lieux },
    { styleBassin: styleDe(lignes), surBassin: brancherBassin },
  );
  const reponse = await donnees;
  if (!reponse.ok) throw new Error(`service : ${reponse.status}`);
  const { points, absentes } = await reponse.json();
  reperes = creerReperes(carte, {
    symboles: page.symboles,
    familles: page.familles,
    surChoix: choisir,
    ecrire: ecrireGroupe,
    mots: ["offre ou besoin", "offres et besoins"],
  });
  reperes.ajouter(points);
  // The outlines are heavier than the rest: a map without its hatches still says who offers and who needs.
  const ombres = ombrer(absentes).catch((erreur) => {
    console.warn("Les communes hors d’atteinte n’ont pas pu être dessinées.", erreur);
    prevenir("Les communes hors d’atteinte n’ont pas pu être dessinées. Leur liste est sous le tableau.");
  });
  // The server's drawing was there at once, and stays if this one can't be made.
  if (!(await fond).bassins) throw new Error("bassins illisibles");
  element.querySelector("[data-dessin]")?.remove();
  filtrer();
  await ombres;
  carte.on("moveend", () => {
    if (!restaure) adresse.corrigerBientot();
  });
}

function prevenir(mots) {
  const note = document.querySelector("[data-note]");
  note.textContent = mots;
  note.hidden = false;
}

brancherFiche();
brancherCouches();
rangerLesListes();
UNE_COLONNE.addEventListener("change", rangerLesListes);
dessiner()
  .catch((erreur) => {
    console.warn("La carte n’a pas pu être dessinée.", erreur);
    prevenir("La carte n’a pas pu être dessinée en entier. Le tableau et les listes disent la même chose.");
  })
  .then(() => restaurer(depart))
  .finally(() => {
    element.dataset.prete = "";
  });
