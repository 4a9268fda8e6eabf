// Words typed in the search may name a service: the names of structures don't, the filters of services do. Said under
// the field, one press away.

import { lireMots } from "./filtres.js";

const MAX = 3;

/** Suggestions under the search of `formulaire`; `regle`: how words are read; `surChoix(champ)` once one is taken. */
export function creerSuggestions(formulaire, regle, surChoix) {
  const bloc = formulaire.querySelector("[data-suggestions]");
  const champ = formulaire.elements.offre;
  // A visitor knows nothing of services.
  const services = [...(champ?.options ?? [])].filter(({ value }) => value).map(({ value, textContent }) => {
    const nom = textContent.trim().replace(/\s\([\d\s]+\)$/, "");
    return { slug: value, nom, mots: lireMots(nom, regle) };
  });
  let dite = "";

  function choisir(nom, slug) {
    formulaire.elements.q.value = "";
    formulaire.elements[nom].value = slug;
    surChoix(formulaire.elements[nom]);
  }

  function bouton(texte, service, nom) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "carte-lien";
    element.textContent = texte;
    element.setAttribute("aria-label", `${service.nom}\u00a0: ${texte}`);
    element.addEventListener("click", () => choisir(nom, service.slug));
    return element;
  }

  return {
    proposer(texte) {
      const mots = lireMots(texte, regle).filter((mot) => mot.length > 2);
      const trouves = mots.length
        ? services.filter((service) => mots.every((mot) => service.mots.some((dit) => dit.startsWith(mot)))).slice(0, MAX)
        : [];
      const cle = trouves.map(({ slug }) => slug).join();
      // Said again by screen readers only when it changes.
      if (cle === dite) return;
      dite = cle;
      bloc.replaceChildren(...trouves.map((service) => {
        const ligne = document.createElement("p");
        ligne.className = "carte-suggestion";
        const nom = document.createElement("strong");
        nom.textContent = service.nom;
        ligne.append("Service ", nom, "\u00a0: ", bouton("qui le propose", service, "offre"), ", ", bouton("qui en a besoin", service, "besoin"));
        return ligne;
      }));
    },
  };
}
