// The list beside the map says the same thing to everybody, so the map stays out of the tab order
// and of screen readers, until somebody enters it on purpose. Escape leads back to the button.

/** Keep `carte` out of the way of the keyboard; `bouton` enters it. */
export function garderHorsDuClavier(element, carte, bouton) {
  const atteignables = () => element.querySelectorAll("a[href], button");
  const sortir = () => {
    element.setAttribute("aria-hidden", "true");
    element.tabIndex = -1;
    for (const enfant of atteignables()) enfant.tabIndex = -1;
  };
  const entrer = () => {
    element.removeAttribute("aria-hidden");
    element.tabIndex = 0;
    for (const enfant of atteignables()) enfant.tabIndex = 0;
    element.focus();
  };
  sortir();
  // Chromium lets Tab stop on any drawn area that listens to the focus, as Leaflet's tooltips do.
  carte.on("layeradd", ({ layer }) => {
    if (layer instanceof L.Path) layer.getElement()?.setAttribute("tabindex", "-1");
  });
  bouton.hidden = false;
  bouton.addEventListener("click", entrer);
  element.addEventListener("keydown", (evenement) => {
    if (evenement.key !== "Escape" || element.hasAttribute("aria-hidden")) return;
    evenement.stopPropagation();
    sortir();
    bouton.focus();
  });
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (!relatedTarget || !element.contains(relatedTarget)) sortir();
  });
}
