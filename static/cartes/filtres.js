// Filters by family and type, without reloading. The rule is the server's (cartes/filtres.py):
// chosen types refine their own family; a family without chosen type shows whole.

/** Whether a structure of this family and type is kept. */
export function retenue({ famille, type }, { familles, types, affinees }) {
  if (familles.size === 0 && types.size === 0) return true;
  if (affinees.has(famille)) return types.has(type);
  return familles.has(famille);
}

/** The choice made in the form. */
export function lireChoix(formulaire) {
  const cochees = [...formulaire.querySelectorAll("input[type=checkbox]:checked")];
  const types = cochees.filter((case_) => case_.name === "type");
  return {
    familles: new Set(cochees.filter((case_) => case_.name === "famille").map((case_) => case_.value)),
    types: new Set(types.map((case_) => case_.value)),
    affinees: new Set(types.map((case_) => case_.dataset.famille)),
  };
}

/** Call `surChangement(choix)` at each change; « Tout montrer » unticks everything. */
export function brancherFiltres(formulaire, surChangement) {
  for (const bouton of formulaire.querySelectorAll("[data-sans-script]")) bouton.hidden = true;
  const changer = () => surChangement(lireChoix(formulaire));
  formulaire.addEventListener("change", changer);
  formulaire.addEventListener("submit", (evenement) => {
    evenement.preventDefault();
    changer();
  });
  for (const lien of document.querySelectorAll("[data-tout-montrer]")) {
    lien.addEventListener("click", (evenement) => {
      evenement.preventDefault();
      for (const case_ of formulaire.querySelectorAll("input[type=checkbox]")) case_.checked = false;
      changer();
      formulaire.querySelector("input[type=checkbox]").focus();
    });
  }
  return lireChoix(formulaire);
}
