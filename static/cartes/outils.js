// Buttons above the map: whole bassin, full screen, print.

/** What fills the screen now (by the browser, or by our own sheet where it refuses), or null. */
export function enPleinEcran() {
  return document.fullscreenElement ?? document.querySelector(".carte-plein");
}

/** `colonne`: what fills the screen (map, card, notes); `tout()`: back to the whole bassin. */
export function brancherOutils(carte, colonne, tout) {
  pleinEcran(carte, colonne);
  for (const retour of document.querySelectorAll("[data-recentrer]")) retour.addEventListener("click", tout);
  colonne.querySelector("[data-imprimer]").addEventListener("click", () => window.print());
  imprimer(carte);
}

function pleinEcran(carte, colonne) {
  const bouton = colonne.querySelector("[data-plein-ecran]");
  let etait = false;
  // The name says what a press does; a pressed state besides would say it twice.
  const suivre = () => {
    const plein = enPleinEcran() === colonne;
    bouton.textContent = plein ? "Quitter le plein écran" : "Plein écran";
    carte.invalidateSize({ animate: false });
    // Left by Escape, the focus may be on the map, or nowhere.
    if (etait && !plein) bouton.focus({ preventScroll: true });
    etait = plein;
  };
  const remplir = (oui) => {
    colonne.classList.toggle("carte-plein", oui);
    document.documentElement.classList.toggle("carte-plein-page", oui);
    for (const autre of alentours(colonne)) autre.inert = oui;
    suivre();
  };
  bouton.addEventListener("click", async () => {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (colonne.classList.contains("carte-plein")) remplir(false);
    else {
      // Some telephones give the whole screen to videos only: then the map fills the page.
      try {
        await colonne.requestFullscreen();
      } catch {
        remplir(true);
      }
    }
  });
  document.addEventListener("fullscreenchange", suivre);
  document.addEventListener("keydown", (evenement) => {
    // One thing at a time: a card that Escape has just closed leaves the map as it is.
    if (evenement.key !== "Escape" || evenement.defaultPrevented) return;
    if (colonne.classList.contains("carte-plein")) remplir(false);
  });
}

/** Everything of the page that is not `element`: under it, unreachable by Tab while it fills the page. */
function alentours(element) {
  const autres = [];
  for (let noeud = element; noeud !== document.body; noeud = noeud.parentElement) {
    autres.push(...[...noeud.parentElement.children].filter((frere) => frere !== noeud));
  }
  return autres;
}

/** On paper the map has the width of the sheet: it is drawn again for it, then as it was. */
export function imprimer(carte) {
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
