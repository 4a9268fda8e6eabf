// One finger scrolls the page, over the map too: nobody is caught in it. Two fingers move and zoom the map; on the full
// screen, where there is no page to scroll, one finger is enough.

import { enPleinEcran } from "./outils.js";

const DUREE = 1500;

/** Let `carte` (in `element`) be scrolled over; `cadre`: where the way to move it is said. */
export function laisserDefiler(carte, element, cadre = element) {
  element.classList.add("carte--defile");
  const mots = document.createElement("p");
  mots.className = "carte-doigts";
  // The list says the same as the map: a screen reader has nothing to move here.
  mots.setAttribute("aria-hidden", "true");
  mots.textContent = "Deux doigts pour déplacer la carte";
  if (document.querySelector("[data-plein-ecran]")) mots.textContent += ", ou «\u00a0Plein écran\u00a0»";
  mots.hidden = true;
  cadre.append(mots);
  let attente = null;
  let depart = null;

  const dire = () => {
    mots.hidden = false;
    clearTimeout(attente);
    attente = setTimeout(() => { mots.hidden = true; }, DUREE);
  };
  // Before Leaflet hears of the finger: a mouse, a pen and the full screen drag as usual.
  element.addEventListener("pointerdown", ({ pointerType }) => {
    if (pointerType === "touch" && !enPleinEcran()) carte.dragging.disable();
    else carte.dragging.enable();
  }, { capture: true, passive: true });
  element.addEventListener("touchstart", ({ touches }) => {
    depart = touches.length === 1 && !enPleinEcran() ? touches[0] : null;
    if (touches.length > 1) mots.hidden = true;
  }, { passive: true });
  element.addEventListener("touchmove", ({ touches }) => {
    if (!depart || touches.length !== 1) return;
    const ecart = Math.hypot(touches[0].clientX - depart.clientX, touches[0].clientY - depart.clientY);
    if (ecart > 12) dire();
  }, { passive: true });
}
