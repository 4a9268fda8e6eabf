// The filters in force, in words: a button each, that removes it. On paper they say what the list leaves out.

/** Write them in `liste`; `retirer(champ)` once one has been emptied. */
export function montrerPuces(liste, formulaire, retirer) {
  const puces = [];
  for (const champ of formulaire.elements) {
    const mots = dire(champ, formulaire);
    if (mots) puces.push(creer(mots, () => vider(champ, retirer)));
  }
  liste.replaceChildren(...puces);
  liste.hidden = puces.length === 0;
}

function dire(champ, formulaire) {
  if (champ.type === "checkbox") {
    if (!champ.checked) return "";
    // The words of the label, without its count.
    const mots = champ.labels[0].cloneNode(true);
    mots.querySelector(".carte-compte")?.remove();
    return mots.textContent.trim();
  }
  if (!champ.value?.trim() || champ.name === "rayon") return "";
  if (champ.name === "q") return `«\u00a0${champ.value.trim()}\u00a0»`;
  if (champ.name === "autour") return `À moins de ${formulaire.elements.rayon.value}\u00a0km\u00a0: ${champ.value.trim()}`;
  if (champ.tagName !== "SELECT") return "";
  const choix = champ.selectedOptions[0].textContent.trim().replace(/\s\([\d\s]+\)$/, "");
  return `${champ.labels[0].textContent.trim()}\u00a0: ${choix}`;
}

function creer(mots, clic) {
  const bouton = document.createElement("button");
  bouton.type = "button";
  bouton.className = "carte-puce";
  const croix = document.createElement("span");
  croix.setAttribute("aria-hidden", "true");
  croix.textContent = " ×";
  const aide = document.createElement("span");
  aide.className = "fr-sr-only";
  aide.textContent = "Retirer le filtre\u00a0: ";
  bouton.append(aide, mots, croix);
  bouton.addEventListener("click", clic);
  const item = document.createElement("li");
  item.append(bouton);
  return item;
}

function vider(champ, retirer) {
  if (champ.type === "checkbox") champ.checked = false;
  else champ.value = "";
  retirer(champ);
}
