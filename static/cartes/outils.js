// Buttons above the map: whole bassin, full screen, print.

/** `colonne`: what fills the screen (map, card, notes); `tout()`: back to the whole bassin. */
export function brancherOutils(carte, colonne, tout) {
  const bouton = colonne.querySelector("[data-plein-ecran]");
  const plein = () => document.fullscreenElement === colonne || colonne.classList.contains("carte-plein");
  const suivre = () => {
    bouton.setAttribute("aria-pressed", String(plein()));
    bouton.textContent = plein() ? "Quitter le plein écran" : "Plein écran";
    carte.invalidateSize({ animate: false });
  };
  bouton.addEventListener("click", async () => {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (plein()) colonne.classList.remove("carte-plein");
    else {
      // Some telephones give the whole screen to videos only: then the map fills the page.
      try {
        await colonne.requestFullscreen();
      } catch {
        colonne.classList.add("carte-plein");
      }
    }
    suivre();
  });
  document.addEventListener("fullscreenchange", suivre);
  for (const retour of document.querySelectorAll("[data-recentrer]")) retour.addEventListener("click", tout);
  colonne.querySelector("[data-imprimer]").addEventListener("click", () => window.print());
  imprimer(carte);
}

/** On paper the map has the width of the sheet: it is drawn again for it, then as it was. */
function imprimer(carte) {
  const element = carte.getContainer();
  let avant = null;
  window.addEventListener("beforeprint", () => {
    avant = { centre: carte.getCenter(), zoom: carte.getZoom(), cadre: carte.getBounds() };
    element.classList.add("carte--impression");
    carte.invalidateSize({ animate: false });
    carte.fitBounds(avant.cadre, { animate: false });
  });
  window.addEventListener("afterprint", () => {
    element.classList.remove("carte--impression");
    carte.invalidateSize({ animate: false });
    if (avant) carte.setView(avant.centre, avant.zoom, { animate: false });
    avant = null;
  });
}
