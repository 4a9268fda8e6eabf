// The card of the chosen structure: side panel, bottom sheet on a phone. Focus goes to its title and
// comes back where it was; Escape closes.

import { brancherFeuille } from "./feuille.js";
import { enPleinEcran } from "./outils.js";

/** Drive the card in `section`; `annonce` is a live region; `surFermeture()` once closed; `repli()`: where the focus
 *  goes when what opened the card is out of sight (the list has followed the map, the map fills the screen). */
export function creerFiche(section, annonce, surFermeture, repli) {
  let declencheur = null;
  let demande = 0;
  const feuille = brancherFeuille(section, () => fermer());

  const fermer = ({ rendreLeFocus = true } = {}) => {
    // Closed before it came: what was awaited must not open any more.
    if (section.hidden && !declencheur) return false;
    demande += 1;
    annonce.textContent = "";
    const avaitLeFocus = section.contains(document.activeElement);
    section.hidden = true;
    feuille.poser("normale");
    section.replaceChildren();
    declencheur?.setAttribute("aria-expanded", "false");
    if (rendreLeFocus && avaitLeFocus) (atteignable(declencheur) ? declencheur : repli())?.focus({ preventScroll: true });
    declencheur = null;
    surFermeture();
    return true;
  };

  section.addEventListener("click", ({ target }) => {
    if (target.closest("[data-fermer]")) fermer();
    if (target.closest("[data-deplier]")) {
      feuille.poser("normale");
      section.querySelector("#fiche-titre").focus({ preventScroll: true });
    }
  });
  document.addEventListener("keydown", (evenement) => {
    if (evenement.key === "Escape" && fermer()) evenement.preventDefault();
  });

  return {
    fermer,
    /** Only its title stays, so that the map shows; a button opens it again. */
    reduire() {
      const avaitLeFocus = section.contains(document.activeElement);
      feuille.poser("reduite");
      if (avaitLeFocus) section.querySelector("[data-deplier]").focus({ preventScroll: true });
    },
    /** Fetch and show; `bouton` (in the list) gets the focus back. Resolves when the card is there. */
    async ouvrir(bouton, { prendreLeFocus = true } = {}) {
      if (declencheur && declencheur !== bouton) declencheur.setAttribute("aria-expanded", "false");
      declencheur = bouton;
      const numero = ++demande;
      // The page may have come with the card that its address asks for.
      const deja = section.dataset.dite === bouton.dataset.apercu;
      delete section.dataset.dite;
      if (!deja) {
        annonce.textContent = "Chargement de l’aperçu…";
        const contenu = await lire(bouton.dataset.apercu);
        if (numero !== demande) return;
        if (contenu === null) montrerEchec(section, bouton);
        else section.innerHTML = contenu;
      }
      section.hidden = false;
      feuille.poser("normale");
      bouton.setAttribute("aria-expanded", "true");
      const titre = section.querySelector("#fiche-titre");
      if (prendreLeFocus) titre?.focus({ preventScroll: true });
      // The focus reads the title already.
      annonce.textContent = titre && !prendreLeFocus ? `Aperçu ouvert\u00a0: ${titre.textContent}` : "";
    },
  };
}

function atteignable(element) {
  const plein = enPleinEcran();
  return Boolean(element) && element.getClientRects().length > 0 && (!plein || plein.contains(element));
}

async function lire(adresse) {
  try {
    const reponse = await fetch(adresse, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    // Led elsewhere, it is a whole page and not a card.
    return reponse.ok && !reponse.redirected ? await reponse.text() : null;
  } catch {
    return null;
  }
}

function montrerEchec(section, bouton) {
  const titre = document.createElement("h2");
  titre.id = "fiche-titre";
  titre.tabIndex = -1;
  titre.className = "carte-fiche__titre";
  titre.textContent = "L’aperçu n’a pas pu être chargé";
  const texte = document.createElement("p");
  const lien = bouton.closest("li").querySelector("a").cloneNode(true);
  texte.append("Réessayez dans un instant, ou ouvrez la page\u00a0: ", lien);
  const fermer = document.createElement("button");
  fermer.type = "button";
  fermer.className = "fr-btn fr-btn--sm fr-btn--secondary";
  fermer.dataset.fermer = "";
  fermer.textContent = "Fermer";
  section.replaceChildren(titre, texte, fermer);
}
