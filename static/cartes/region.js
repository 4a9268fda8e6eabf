// Map of the région: bassins shaded by the indicator chosen. Everything it says is read from the table
// beside it, so that both always agree.

import { ajouterFond, cadrer, creerCarte } from "../territoires/fond.js";
import { garderHorsDuClavier } from "../territoires/clavier.js";
import { laisserDefiler } from "./gestes.js";
import { lireLignes, relier, styleDe } from "./aires.js";
import { imprimer } from "./outils.js";
import { reglages } from "./reglages.js";

const page = reglages();
const element = document.getElementById("carte");
const lignes = lireLignes();

/** The largest ring of an area: where its name goes (an island may come first). */
function coeur({ geometry }) {
  const polygones = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const aire = (anneau) => Math.abs(anneau.reduce((somme, [x, y], rang) => {
    const [x2, y2] = anneau[(rang + 1) % anneau.length];
    return somme + x * y2 - x2 * y;
  }, 0));
  const plusGrand = polygones.map(([exterieur]) => exterieur).sort((a, b) => aire(b) - aire(a))[0];
  return L.polygon(plusGrand.map(([lon, lat]) => [lat, lon]));
}

function etiquette({ dataset }) {
  const boite = document.createElement("span");
  boite.className = "carte-nom__boite";
  const nom = document.createElement("span");
  nom.className = "carte-nom__nom";
  nom.textContent = dataset.nom;
  const nombre = document.createElement("span");
  nombre.className = "carte-nom__nombre";
  nombre.textContent = dataset.valeur;
  boite.append(nom, nombre);
  return boite;
}

function nommer(carte, trace, ligne) {
  const forme = coeur(trace).addTo(carte);
  const centre = forme.getCenter();
  const cadre = forme.getBounds();
  forme.remove();
  const boite = etiquette(ligne);
  // The roomiest bassin keeps its name.
  boite.firstChild.dataset.rang = (cadre.getEast() - cadre.getWest()) * (cadre.getNorth() - cadre.getSouth());
  L.marker(centre, {
    interactive: false,
    keyboard: false,
    icon: L.divIcon({ className: "carte-nom", html: boite, iconSize: null }),
  }).addTo(carte);
}

/** A name that would cover another one is left out (its number stays; the bigger bassin wins). */
function degager() {
  const poses = [];
  const noms = [...element.querySelectorAll(".carte-nom__nom")];
  for (const nom of noms) nom.hidden = false;
  noms.sort((a, b) => Number(b.dataset.rang) - Number(a.dataset.rang));
  for (const nom of noms) {
    const boite = nom.parentElement.getBoundingClientRect();
    nom.hidden = poses.some((autre) => chevauche(boite, autre));
    poses.push(nom.hidden ? nom.nextSibling.getBoundingClientRect() : boite);
  }
}

function chevauche(a, b) {
  return a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom;
}

function brancher(carte, trace, couche) {
  const ligne = lignes.get(trace.properties.code);
  if (!ligne) return;
  relier(couche, trace.properties.nom, ligne, () => location.assign(ligne.querySelector("a").href));
  nommer(carte, trace, ligne);
}

async function dessiner() {
  const carte = creerCarte(element, {
    cadre: page.cadre ?? undefined,
    tuiles: page.tuiles,
    titre: "Carte des bassins. Flèches pour se déplacer, plus et moins pour zoomer, Échap pour sortir.",
    zoomMax: 12,
  });
  // Finer steps than the base map's: the région fills the frame instead of floating in it.
  carte.options.zoomSnap = 0.25;
  if (page.cadre) cadrer(carte, page.cadre, false);
  garderHorsDuClavier(element, carte, document.querySelector("[data-carte-entrer]"));
  laisserDefiler(carte, element);
  const { bassins } = await ajouterFond(
    carte,
    { fond: page.terres, bassins: page.bassins },
    {
      styleBassin: styleDe(lignes),
      surBassin: (trace, couche) => brancher(carte, trace, couche),
    },
  );
  if (!bassins) {
    carte.remove();
    throw new Error("bassins illisibles");
  }
  imprimer(carte);
  carte.on("zoomend", degager);
  degager();
  // The server's drawing was there at once, and stays if this one can't be made.
  element.querySelector("[data-dessin]")?.remove();
  element.dataset.prete = "";
}

/** The service is asked only of the indicators that are those of one. */
function suivreLeChoix() {
  const formulaire = document.querySelector("[data-choix]");
  const bloc = formulaire?.querySelector("[data-choix-service]");
  if (!bloc) return;
  const { indicateur, service } = formulaire.elements;
  const suivre = () => {
    const genre = indicateur.selectedOptions[0]?.dataset.service ?? "";
    bloc.hidden = !genre;
    // Hidden, it says nothing in the address.
    service.disabled = !genre;
    service.required = genre === "requis";
    service.options[0].textContent = genre === "requis" ? "Choisissez un service" : "Tous les services";
  };
  indicateur.addEventListener("change", suivre);
  suivre();
}

if (document.querySelector("[data-choix]")) suivreLeChoix();
dessiner().catch((erreur) => console.warn("La carte n’a pas pu être dessinée.", erreur));
