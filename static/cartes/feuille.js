// On a phone the card is a sheet at the bottom of the screen: its title alone, its usual height, or nearly the whole
// screen. The finger drags its head; the same is done by buttons, and the map always keeps a way back.

// Pixels under which a move of the finger is a tap.
const PAS = 48;
const ETATS = ["reduite", "normale", "haute"];

/** Give `section` (its content is replaced by others) its three heights; `fermer()` when dragged out. */
export function brancherFeuille(section, fermer) {
  let etat = "normale";
  let geste = null;

  function poser(nouveau) {
    etat = nouveau;
    section.classList.toggle("carte-fiche--reduite", etat === "reduite");
    section.classList.toggle("carte-fiche--haute", etat === "haute");
    section.scrollTop = 0;
    const nom = section.querySelector("[data-poignee-nom]");
    if (nom) nom.textContent = etat === "haute" ? "Réduire l’aperçu" : "Agrandir l’aperçu";
  }

  /** A notch up (1) or down (-1). */
  function glisser(sens) {
    const suivant = ETATS[ETATS.indexOf(etat) + sens];
    if (suivant) poser(suivant);
    else if (sens < 0) fermer();
  }

  section.addEventListener("click", (evenement) => {
    if (evenement.target.closest("[data-poignee]")) glisser(etat === "haute" ? -1 : 1);
    if (evenement.target.closest("[data-replier]")) {
      poser("reduite");
      section.querySelector("[data-deplier]").focus({ preventScroll: true });
      section.parentElement.scrollIntoView({ block: "start" });
    }
  });
  section.addEventListener("pointerdown", (evenement) => {
    if (evenement.pointerType === "mouse" || !evenement.target.closest("[data-tete]")) return;
    geste = { numero: evenement.pointerId, y: evenement.clientY };
  });
  section.addEventListener("pointermove", (evenement) => {
    if (geste?.numero !== evenement.pointerId) return;
    // Under the finger downwards only: upwards the sheet has nothing to show yet.
    const ecart = Math.max(0, evenement.clientY - geste.y);
    section.style.transform = ecart > 8 ? `translateY(${ecart}px)` : "";
  });
  for (const fin of ["pointerup", "pointercancel"]) {
    section.addEventListener(fin, (evenement) => {
      if (geste?.numero !== evenement.pointerId) return;
      const ecart = evenement.clientY - geste.y;
      geste = null;
      section.style.transform = "";
      if (fin === "pointerup" && Math.abs(ecart) > PAS) glisser(ecart < 0 ? 1 : -1);
    });
  }
  return { poser };
}
