// Filters without reloading. The rule is the server's (cartes/filtres.py): every filter must keep a line, one value
// of each is enough; chosen types refine their own family; each word begins one of the line's, or names its type.

const decouper = (texte) => new Set((texte ?? "").split(" ").filter(Boolean));

/** What the filters read of a line of the list. */
export function lireLigne({ dataset }) {
  return {
    famille: dataset.famille,
    type: dataset.type,
    mots: [...decouper(dataset.mots)],
    publics: decouper(dataset.publics),
    offres: decouper(dataset.offres),
    besoins: decouper(dataset.besoins),
    repondu: dataset.repondu === "oui",
  };
}

/** The words of a text, as the server normalises them. */
export function lireMots(texte, { vides, abreges }) {
  const plat = texte
    .replace(/[œŒ]/g, "oe")
    .replace(/[æÆ]/g, "ae")
    .replace(/ß/g, "ss")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ");
  const mots = plat.split(" ").filter(Boolean).map((mot) => abreges[mot] ?? mot);
  return [...new Set(mots)].filter((mot) => !vides.includes(mot));
}

function nommeLeType(mot, type, noms) {
  return (noms[type] ?? []).some((nom) => nom === mot || (mot.length > 2 && nom.startsWith(mot)));
}

/** Whether a line is kept. */
export function retenue(ligne, choix) {
  const { familles, types, affinees } = choix;
  if (familles.size > 0 || types.size > 0) {
    if (affinees.has(ligne.famille) ? !types.has(ligne.type) : !familles.has(ligne.famille)) return false;
  }
  for (const nom of ["publics", "offres", "besoins"]) {
    if (choix[nom].size > 0 && ![...choix[nom]].some((slug) => ligne[nom].has(slug))) return false;
  }
  if (choix.repondu && !ligne.repondu) return false;
  return choix.mots.every(
    (mot) => ligne.mots.some((dit) => dit.startsWith(mot)) || nommeLeType(mot, ligne.type, choix.noms),
  );
}

/** The choice made in the form; `regle`: words left out, shortened, names of types. */
export function lireChoix(formulaire, regle) {
  const donnees = new FormData(formulaire);
  const tous = (nom) => new Set(donnees.getAll(nom).filter(Boolean));
  const cochees = [...formulaire.querySelectorAll("input[name=type]:checked")];
  return {
    familles: tous("famille"),
    types: tous("type"),
    affinees: new Set(cochees.map((case_) => case_.dataset.famille)),
    publics: tous("public"),
    offres: tous("offre"),
    besoins: tous("besoin"),
    repondu: donnees.get("repondu") === "oui",
    mots: lireMots(donnees.get("q") ?? "", regle),
    noms: regle.types,
  };
}

/** How many filters are in force, and how many of them under « Plus de filtres ». */
export function mesurer(choix) {
  const precis = choix.types.size + choix.publics.size + (choix.repondu ? 1 : 0);
  const autres = choix.familles.size + choix.offres.size + choix.besoins.size + (choix.mots.length > 0 ? 1 : 0);
  return { precis, nombre: precis + autres };
}

/** What the form says, as parameters of an address (nothing for what is left empty). */
export function enParametres(formulaire) {
  const parametres = new URLSearchParams();
  for (const [nom, valeur] of new FormData(formulaire)) if (valeur) parametres.append(nom, valeur);
  if (!parametres.has("autour")) parametres.delete("rayon");
  return parametres;
}

/** Put the form as an address says. */
export function remplir(formulaire, parametres) {
  for (const champ of formulaire.elements) {
    if (champ.type === "checkbox") champ.checked = parametres.getAll(champ.name).includes(champ.value);
    else if (champ.name === "rayon") champ.value = parametres.get("rayon") ?? "20";
    else if (champ.type === "search" || champ.tagName === "SELECT") champ.value = parametres.get(champ.name) ?? "";
  }
}
