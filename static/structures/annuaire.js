/* Folds the filters on a phone; proposes communes and postal codes while a place is typed.
   Without it the filters stay unfolded, and the list of candidates answers. */
const filtres = document.querySelector(".annuaire-filtres");
const etroit = window.matchMedia("(max-width: 47.99em)");
const plier = () => filtres.toggleAttribute("open", !etroit.matches);

if (filtres) {
  plier();
  etroit.addEventListener("change", plier);
}

const champ = document.querySelector("[data-lieux]");
const liste = document.getElementById("annuaire-lieux");

async function proposer(texte, arret) {
  const adresse = `${champ.dataset.lieux}?q=${encodeURIComponent(texte)}`;
  const reponse = await fetch(adresse, { signal: arret, headers: { Accept: "application/json" } });
  if (!reponse.ok) return;
  const lieux = await reponse.json();
  liste.replaceChildren(
    ...lieux.map(({ valeur, libelle }) => {
      const option = document.createElement("option");
      option.value = valeur;
      option.label = libelle;
      return option;
    }),
  );
}

if (champ && liste) {
  let attente;
  let encours = new AbortController();
  champ.addEventListener("input", () => {
    clearTimeout(attente);
    encours.abort();
    const texte = champ.value.trim();
    // What was chosen in the list is whole: nothing more to propose.
    if (texte.length < 2 || [...liste.options].some((option) => option.value === texte)) return;
    attente = setTimeout(() => {
      encours = new AbortController();
      proposer(texte, encours.signal).catch(() => {});
    }, 200);
  });
}
