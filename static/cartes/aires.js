// Areas of the bassins and the rows of the table beside the map: what is pointed at on one side is marked on the other.

import { hachurer } from "./hachures.js";
import { enTexte } from "./reglages.js";

/** Rows of the table, by the code of their bassin. */
export function lireLignes() {
  return new Map([...document.querySelectorAll("tr[data-bassin]")].map((ligne) => [ligne.dataset.bassin, ligne]));
}

/** Style of an area: the class of its row (cartes.css has the colours). */
export function styleDe(lignes) {
  return ({ properties }) => {
    const classe = lignes.get(properties.code)?.dataset.classe ?? "nd";
    const style = { className: `carte-bassin carte-bassin--${classe}` };
    return classe === "nd" ? { ...style, fillColor: hachurer("sans-donnee") } : style;
  };
}

/** Tie an area to its row: both light up together. `aller`: what a click on the area does. Gives what lights them up. */
export function relier(couche, nom, ligne, aller) {
  const surligner = (oui) => {
    couche.getElement()?.classList.toggle("carte-bassin--survole", oui);
    if (oui) couche.bringToFront();
    ligne.classList.toggle("carte-table__survolee", oui);
  };
  couche.bindTooltip(enTexte(`${nom}\u00a0: ${ligne.dataset.phrase}`), { sticky: true, className: "carte-bulle" });
  couche.on("mouseover", () => surligner(true)).on("mouseout", () => surligner(false));
  couche.on("click", aller);
  for (const [geste, oui] of [["mouseenter", true], ["mouseleave", false], ["focusin", true], ["focusout", false]]) {
    ligne.addEventListener(geste, () => surligner(oui));
  }
  return surligner;
}
