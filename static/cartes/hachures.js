// Oblique lines: what is missing, or not known, is said without its colour alone. As in the server's drawings
// (cartes/dessin.py).

const SVG = "http://www.w3.org/2000/svg";
const PAS = 7;
const MOTIFS = {
  // A veil under the lines keeps the colour of the bassin.
  "hors-atteinte": { trait: "#b8432b", fond: "#fff", voile: 0.35 },
  "sans-donnee": { trait: "#c2b7a3", fond: "#f4f1eb", voile: 1 },
};

/** The fill of a pattern; what draws it is put in the page once. */
export function hachurer(nom) {
  const id = `hachures-${nom}`;
  if (!document.getElementById(id)) ajouter(id, MOTIFS[nom]);
  return `url(#${id})`;
}

function ajouter(id, { trait, fond, voile }) {
  // Not hidden: some browsers don't paint with a pattern that isn't there.
  const toile = faire("svg", { width: 0, height: 0, class: "carte-motifs", "aria-hidden": "true" }, document.body);
  const motif = faire("pattern", { id, width: PAS, height: PAS, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, toile);
  faire("rect", { width: PAS, height: PAS, fill: fond, "fill-opacity": voile }, motif);
  faire("path", { d: `M0,0v${PAS}`, stroke: trait, "stroke-width": 2.2 }, motif);
}

function faire(nom, attributs, dans) {
  const element = document.createElementNS(SVG, nom);
  for (const [cle, valeur] of Object.entries(attributs)) element.setAttribute(cle, valeur);
  dans.append(element);
  return element;
}
