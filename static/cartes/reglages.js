// What the server tells the map, and small French words that the modules share.

/** Settings of the page: `<script type="application/json" id="carte-reglages">`. */
export function reglages() {
  return JSON.parse(document.getElementById("carte-reglages").textContent);
}

const INSECABLE = "\u00a0";
const nombres = new Intl.NumberFormat("fr-FR");

/** 38 → « 38 structures » (French: below two is singular). */
export function compter(nombre, singulier, pluriel) {
  return `${nombres.format(nombre)}${INSECABLE}${nombre < 2 ? singulier : pluriel}`;
}

/** Words for a tooltip: Leaflet would read a string as HTML, and names are written by people. */
export function enTexte(mots) {
  const boite = document.createElement("span");
  boite.textContent = mots;
  return boite;
}

/** Whether the person asked for less movement. */
export function calme() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** JSON of one of our own addresses, or null when it could not be read. */
export async function lireJson(adresse) {
  try {
    const reponse = await fetch(adresse, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    const lisible = reponse.ok && (reponse.headers.get("Content-Type") ?? "").includes("json");
    return lisible ? await reponse.json() : null;
  } catch {
    return null;
  }
}

/** Let a map go as far as `cadre`: its own limits are those of the bassin. */
export function elargir(carte, cadre) {
  const limites = carte.options.maxBounds;
  if (limites && cadre.isValid()) carte.setMaxBounds(L.latLngBounds(limites.getSouthWest(), limites.getNorthEast()).extend(cadre.pad(0.6)));
}
