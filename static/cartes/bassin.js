// Map of a bassin: structures by family, beside the list that says the same thing.

import { ajouterFond, cadrer, creerCarte } from "../territoires/fond.js";
import { garderHorsDuClavier } from "../territoires/clavier.js";
import { direVue, lireVue, suivreAdresse } from "./adresse.js";
import { creerAutour } from "./autour.js";
import { creerFiche } from "./fiche.js";
import { laisserDefiler } from "./gestes.js";
import { enParametres, lireChoix, mesurer, remplir } from "./filtres.js";
import { creerLiens } from "./liens.js";
import { creerListe } from "./liste.js";
import { brancherOutils, enPleinEcran } from "./outils.js";
import { montrerPuces } from "./puces.js";
import { creerReperes } from "./reperes.js";
import { calme, enTexte, reglages } from "./reglages.js";
import { creerSuggestions } from "./suggestions.js";
import { creerZone, marquerLaZone } from "./zone.js";

const ETROIT = window.matchMedia("(max-width: 47.99em)");
const page = reglages();
const element = document.getElementById("carte");
const colonne = document.querySelector("[data-colonne]");
const formulaire = document.getElementById("filtres");
const section = document.getElementById("fiche");
const suivre = document.querySelector("[data-suivre]");
const boutonLiens = document.querySelector("[data-liens]");
const depart = new URLSearchParams(location.search);

const etat = { structure: null, zone: null, liens: false };
let carte = null;
let reperes = null;
let zone = null;
let liens = null;
let cercle = page.autour;
let vueInitiale = "";
let restaure = false;
let restauration = 0;
// One word typed is one step back, not one per letter.
let frappe = false;
// The list follows the moves that somebody makes, not those that a card or a zone makes: it would jump under the finger.
let parLaMain = false;
let cadreChoisi = null;

const liste = creerListe(document.querySelector("[data-liste]"), {
  surApercu: (id) => (etat.structure === id && !section.hidden ? fiche.fermer() : choisir(id)),
  surSurvol: (id) => reperes?.survoler(id),
});
const fiche = creerFiche(section, document.querySelector("[data-annonce]"), () => {
  liste.ligne(etat.structure)?.classList.remove("carte-ligne--choisie");
  etat.structure = null;
  reperes?.oublier();
  liens?.autourDe(null);
  avancer();
}, repli);
const adresse = suivreAdresse(composer, restaurer);
const autour = formulaire
  ? creerAutour(formulaire, { adresse: page.autour_url, surReponse: situer, parametres: () => enParametres(formulaire) })
  : null;
const suggestions = formulaire
  ? creerSuggestions(formulaire, page.mots, (champ) => {
      filtrer();
      adresse.avancer();
      champ.focus({ preventScroll: true });
    })
  : null;

// ------------------------------------------------------------------------------------ address

function composer() {
  const parametres = formulaire ? enParametres(formulaire) : new URLSearchParams();
  if (etat.structure !== null) parametres.set("structure", etat.structure);
  if (etat.zone !== null) parametres.set("zone", etat.zone);
  if (etat.liens) parametres.set("liens", "oui");
  if (!suivre.checked) parametres.set("libre", "oui");
  if (carte && vueInitiale && direVue(carte) !== vueInitiale) parametres.set("vue", direVue(carte));
  return parametres;
}

function avancer() {
  if (!restaure) adresse.avancer();
}

/** Whether another restoration has begun since this one: « back » twice, faster than the answers. */
function commencer() {
  const numero = ++restauration;
  restaure = true;
  return () => numero !== restauration;
}

/** Show what an address says: « back », « forward ». */
async function restaurer(parametres) {
  const depassee = commencer();
  frappe = false;
  parLaMain = true;
  suivre.checked = parametres.get("libre") !== "oui";
  if (formulaire) {
    remplir(formulaire, parametres);
    await autour.chercher({ cadrer: false });
    if (depassee()) return;
    filtrer();
  }
  if (carte) placer(lireVue(parametres.get("vue")) ?? lireVue(vueInitiale));
  await montrerLiens(parametres.get("liens") === "oui");
  if (depassee()) return;
  await montrerZone(Number(parametres.get("zone")) || null, { cadrer: false });
  if (depassee()) return;
  const id = Number(parametres.get("structure")) || null;
  if (id === null) fiche.fermer();
  else if (id !== etat.structure) await choisir(id, { prendreLeFocus: false, bouger: false });
  if (!depassee()) restaure = false;
}

function placer({ lat, lon, zoom }) {
  carte.setView([lat, lon], zoom, { animate: false });
}

// --------------------------------------------------------------------------- filters and list

function filtrer() {
  const choix = lireChoix(formulaire, page.mots);
  liste.filtrer(choix, cercle?.km ?? null);
  reperes?.montrer(liste.garde);
  montrerListe();
  const { precis, nombre } = mesurer(choix);
  montrerPuces(document.querySelector("[data-puces]"), formulaire, retirer);
  formulaire.querySelector("[data-precis]").textContent = precis ? ` (${precis})` : "";
  formulaire.querySelector("[data-tout-montrer]").hidden = nombre === 0;
  const actifs = nombre + (cercle ? 1 : 0);
  document.querySelector("[data-nombre-filtres]").textContent = actifs ? ` (${actifs})` : "";
  suggestions.proposer(formulaire.elements.q.value);
  aiderSiVide();
  liens?.filtrer();
  if (etat.structure !== null && !liste.garde(etat.structure)) fiche.fermer();
  garderLesFiltresChezLesVoisins();
}

/** Ways out of an empty list: the words may be a place, the service may be elsewhere. */
function aiderSiVide() {
  const { q, autour: lieu, offre, besoin } = formulaire.elements;
  const mots = q.value.trim();
  document.querySelector("[data-mots]").textContent = mots;
  document.querySelector("[data-vers-autour]").hidden = !mots || Boolean(lieu.value.trim());
  const service = offre?.value || besoin?.value;
  const lien = document.querySelector("[data-carte-service]");
  if (!lien) return;
  lien.hidden = !service;
  if (service) lien.href = `${lien.dataset.carteService}${encodeURIComponent(service)}/`;
}

/** A chip has emptied its field. */
function retirer(champ) {
  if (champ.name === "autour") autour.chercher();
  else {
    filtrer();
    adresse.avancer();
  }
  document.getElementById("liste").focus({ preventScroll: true });
}

/** The list follows the view that somebody chose, unless told not to; not the one that a card came closer for. */
function montrerListe() {
  liste.montrer(suivre.checked && reperes ? (id) => reperes.dansLaVue(id, cadreChoisi ?? carte.getBounds()) : null);
}

function suivreLaVue() {
  cadreChoisi = carte.getBounds();
  montrerListe();
}

function situer(recue, bouger) {
  parLaMain = true;
  cercle = recue?.cercle ?? null;
  liste.situer(recue?.distances ?? null, recue?.lignes ?? "");
  reperes?.ajouter(liste.dehors);
  filtrer();
  if (carte) autour.dessiner(carte, cercle, bouger && !restaure);
  avancer();
}

function garderLesFiltresChezLesVoisins() {
  const parametres = composer();
  for (const nom of ["commune", "structure", "zone", "vue"]) parametres.delete(nom);
  const suite = parametres.toString();
  for (const lien of document.querySelectorAll("[data-voisin]")) lien.search = suite;
}

function brancherFiltres() {
  for (const bouton of formulaire.querySelectorAll("[data-sans-script]")) bouton.hidden = true;
  formulaire.querySelector("input[type=hidden][name=liens]")?.remove();
  formulaire.addEventListener("input", ({ target }) => {
    if (target.name !== "q") return;
    filtrer();
    if (frappe) adresse.corriger();
    else adresse.avancer();
    frappe = true;
  });
  formulaire.addEventListener("change", ({ target }) => {
    frappe = false;
    if (target.name === "autour" || target.name === "rayon") autour.chercher();
    else if (target.name !== "q") {
      filtrer();
      adresse.avancer();
    }
  });
  formulaire.addEventListener("submit", (evenement) => {
    evenement.preventDefault();
    autour.chercher();
  });
  document.querySelector("[data-vers-autour]").addEventListener("click", () => {
    const { q, autour: lieu } = formulaire.elements;
    [lieu.value, q.value] = [q.value.trim(), ""];
    lieu.focus();
    autour.chercher();
  });
  for (const lien of document.querySelectorAll("[data-tout-montrer]")) {
    lien.addEventListener("click", (evenement) => {
      evenement.preventDefault();
      const garde = new URLSearchParams({ autour: formulaire.elements.autour.value, rayon: formulaire.elements.rayon.value });
      remplir(formulaire, garde);
      filtrer();
      adresse.avancer();
      formulaire.elements.q.focus();
    });
  }
}

// ------------------------------------------------------------------- card, zone, cooperations

async function choisir(id, { prendreLeFocus = true, bouger = true } = {}) {
  const ligne = liste.ligne(id);
  if (!ligne) return;
  liste.ligne(etat.structure)?.classList.remove("carte-ligne--choisie");
  etat.structure = id;
  ligne.classList.add("carte-ligne--choisie");
  avancer();
  await fiche.ouvrir(ligne.querySelector("[data-apercu]"), { prendreLeFocus });
  if (etat.structure !== id) return;
  marquerZone();
  liens?.autourDe(id);
  parLaMain = false;
  // Closer, the lines of cooperation would leave the view.
  if (!bouger) reperes?.designer(id);
  else reperes?.choisir(id, couverte(), !etat.liens);
}

/** Pixels of the map that the card hides: its right side, or what the sheet covers of its bottom. */
function couverte() {
  if (!ETROIT.matches) return { droite: section.offsetWidth, bas: 0 };
  const { bottom, height } = element.getBoundingClientRect();
  const cache = bottom - section.getBoundingClientRect().top;
  return { droite: 0, bas: Math.max(0, Math.min(cache, height - 120)) };
}

async function montrerZone(offre, options = {}) {
  if (!zone || offre === etat.zone) return;
  etat.zone = offre;
  marquerZone();
  if (offre === null) zone.effacer();
  else {
    if (!restaure) degagerLaCarte();
    parLaMain = false;
    await zone.montrer(offre, options);
  }
}

function marquerZone() {
  if (zone) marquerLaZone(section, etat.zone);
}

async function montrerLiens(oui) {
  if (!liens || oui === etat.liens) return;
  etat.liens = oui;
  boutonLiens.setAttribute("aria-pressed", String(oui));
  await liens.montrer(oui);
  liens.autourDe(etat.structure);
}

/** Where the focus goes when what had it has gone. */
function repli() {
  return enPleinEcran() ? colonne.querySelector("[data-plein-ecran]") : document.getElementById("liste");
}

/** « Effacer » has gone with the note: the focus goes back to the card that it came from. */
async function quitterZone() {
  const pliee = section.classList.contains("carte-fiche--reduite");
  const cible = section.hidden ? repli() : section.querySelector(pliee ? "[data-deplier]" : "#fiche-titre");
  cible?.focus({ preventScroll: true });
  await montrerZone(null);
  avancer();
}

/** The card covers a part of the map, on a phone nearly all of it: it steps aside. */
function degagerLaCarte() {
  fiche.reduire();
  if (ETROIT.matches) element.scrollIntoView({ block: "start", behavior: calme() ? "auto" : "smooth" });
}

function brancherFiche() {
  section.addEventListener("keydown", (evenement) => {
    if (evenement.key !== " " || !evenement.target.matches("[data-zone]")) return;
    evenement.preventDefault();
    evenement.target.click();
  });
  section.addEventListener("click", async (evenement) => {
    const { target } = evenement;
    // Without a map, or for another tab, they are links like others.
    if (!carte || evenement.ctrlKey || evenement.metaKey || evenement.shiftKey) return;
    const bouton = target.closest("[data-zone]");
    if (bouton || target.closest("[data-voir-liens]")) evenement.preventDefault();
    if (bouton) {
      const offre = Number(bouton.dataset.zone);
      await montrerZone(offre === etat.zone ? null : offre);
      avancer();
    } else if (target.closest("[data-voir-liens]")) {
      degagerLaCarte();
      await montrerLiens(true);
      avancer();
    }
  });
  boutonLiens?.addEventListener("click", async () => {
    await montrerLiens(!etat.liens);
    avancer();
  });
}

// ---------------------------------------------------------------------------------------- map

function dessinerVoisin({ properties }, couche) {
  if (properties.code === page.bassin) return;
  couche.bindTooltip(enTexte(properties.nom), { sticky: true, className: "carte-bulle" });
  couche.on("click", () => {
    const lien = [...document.querySelectorAll("[data-voisin]")].find((a) => a.pathname.endsWith(`/${properties.code}/`));
    location.assign(lien?.href ?? `../${encodeURIComponent(properties.code)}/`);
  });
}

function montrerCherchee({ nom, lat, lon }) {
  L.circleMarker([lat, lon], { radius: 9, className: "carte-cherchee", interactive: false })
    .bindTooltip(enTexte(nom), { permanent: true, direction: "top", offset: [0, -18], className: "carte-bulle" })
    .addTo(carte);
  carte.setView([lat, lon], 11, { animate: false });
}

function creer() {
  carte = creerCarte(element, {
    cadre: page.cadre ?? undefined,
    tuiles: page.tuiles,
    titre: "Carte des structures. Flèches pour se déplacer, plus et moins pour zoomer, Échap pour sortir.",
    zoomMin: 6,
    // Without streets in the background, closer would show a marker on a blank ground.
    zoomMax: page.tuiles ? 18 : 14,
  });
  garderHorsDuClavier(element, carte, document.querySelector("[data-carte-entrer]"));
  if (page.cherchee) montrerCherchee(page.cherchee);
  if (cercle) autour?.dessiner(carte, cercle, true, false);
  vueInitiale = direVue(carte);
  zone = creerZone(carte, document.querySelector("[data-note]"), {
    adresse: (offre) => page.zone_url.replace("/0/", `/${offre}/`),
    surFermeture: quitterZone,
  });
  if (boutonLiens) {
    liens = creerLiens(carte, document.querySelector("[data-bloc-liens]"), {
      legende: document.querySelector("[data-legende-liens]"),
      avis: document.querySelector("[data-liens-avis]"),
      adresse: page.liens_url,
      connue: (id) => liste.ligne(id) !== null,
      garde: liste.garde,
      surChoix: choisir,
      boites: () => reperes?.boites() ?? [],
      annonce: document.querySelector("[data-annonce]"),
    });
  }
  brancherOutils(carte, colonne, () => {
    parLaMain = true;
    if (page.cadre) cadrer(carte, page.cadre, !calme());
  });
  laisserDefiler(carte, element, element.parentElement);
  document.querySelector("[data-outils]").hidden = false;
}

async function dessinerCarte() {
  creer();
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
  const reponse = await fetch(page.structures);
  if (!reponse.ok) throw new Error(`structures : ${reponse.status}`);
  let noms = null;
  reperes = creerReperes(carte, {
    symboles: page.symboles,
    familles: page.familles,
    surChoix: choisir,
    surDessin() {
      noms?.ecrire();
      liens?.nommerLesBouts();
    },
  });
  reperes.ajouter(await reponse.json());
  reperes.ajouter(liste.dehors);
  reperes.montrer(liste.garde);
  document.querySelector("[data-suivre-bloc]").hidden = false;
  for (const geste of ["pointerdown", "wheel", "keydown"]) {
    element.addEventListener(geste, () => { parLaMain = true; }, { passive: true });
  }
  carte.on("moveend", () => {
    if (parLaMain) suivreLaVue();
    if (!restaure) adresse.corrigerBientot();
  });
  suivre.addEventListener("change", () => {
    suivreLaVue();
    adresse.avancer();
  });
  // Drawn one after the other, the neighbours would cover half of the border of ours.
  const couches = await fond;
  noms = couches.lieux ?? null;
  noms?.contourner(reperes.boites);
  couches.bassins?.eachLayer((couche) => couche.feature.properties.code !== page.bassin && couche.bringToBack());
}

/** What the address asks besides the filters, which the server has already applied. */
async function reprendre() {
  const depassee = commencer();
  suivre.checked = depart.get("libre") !== "oui";
  if (formulaire) filtrer();
  const vue = lireVue(depart.get("vue"));
  if (carte && vue) placer(vue);
  if (carte) suivreLaVue();
  else montrerListe();
  await montrerLiens(depart.get("liens") === "oui");
  if (depassee()) return;
  await montrerZone(Number(depart.get("zone")) || null, { cadrer: !vue });
  if (depassee()) return;
  const id = Number(depart.get("structure"));
  if (id) await choisir(id, { prendreLeFocus: false, bouger: !vue && etat.zone === null });
  // As when it was drawn: the card beside the zone, not over it.
  if (id && etat.zone !== null) fiche.reduire();
  if (!depassee()) restaure = false;
}

/** From the map to the filters and to the list: a way, not a step that « back » would undo. */
function brancherBarre() {
  document.querySelector(".carte-barre").addEventListener("click", (evenement) => {
    const cible = document.querySelector(evenement.target.closest("a")?.hash || "#aucune");
    if (!cible) return;
    evenement.preventDefault();
    cible.tabIndex = -1;
    cible.focus({ preventScroll: true });
    cible.scrollIntoView({ block: "start", behavior: calme() ? "auto" : "smooth" });
  });
}

brancherFiche();
brancherBarre();
if (formulaire) brancherFiltres();
dessinerCarte()
  .catch((erreur) => {
    console.warn("La carte n’a pas pu être dessinée.", erreur);
    const note = document.querySelector("[data-note]");
    note.textContent = "La carte n’a pas pu être dessinée en entier. La liste dit la même chose.";
    note.hidden = false;
  })
  .then(reprendre)
  .finally(() => {
    element.dataset.prete = "";
  });
