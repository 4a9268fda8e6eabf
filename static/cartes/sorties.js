// What is taken away is what is shown: the links carry the filters of the address as they are when followed.

import { CHANGEE } from "./adresse.js";

const carte = document.getElementById("carte");
const choix = document.querySelector("[data-sorties-vue]");
const ecran = choix?.querySelector("input");

/** Only what is on the screen: offered once the map has moved from where it starts. */
function proposer() {
  choix.hidden = !new URLSearchParams(location.search).has("vue");
}
if (choix) {
  for (const geste of [CHANGEE, "popstate"]) window.addEventListener(geste, proposer);
  proposer();
}

/** The address says where and how near; with the size of the map, the server knows what is seen. */
function adresse(lien) {
  const aLEcran = choix && !choix.hidden && ecran.checked && /\.(png|svg)$/.test(lien.pathname);
  return aLEcran ? `${location.search}&taille=${carte.clientWidth}x${carte.clientHeight}` : location.search;
}

for (const lien of document.querySelectorAll("a[data-sortie]")) {
  const suivre = () => {
    lien.search = adresse(lien);
  };
  // The keyboard, the mouse, and « copy the link ».
  for (const geste of ["click", "focus", "pointerenter", "contextmenu"]) lien.addEventListener(geste, suivre);
}

// The code for a partner's site too, with what a frame may know of the address.
const PUBLICS = ["famille", "type", "public", "q", "autour", "rayon"];
const code = document.querySelector("[data-integrer]");
const bloc = code?.closest("details");
bloc?.addEventListener("toggle", () => {
  const publics = [...new URLSearchParams(location.search)].filter(([nom, valeur]) => PUBLICS.includes(nom) && valeur);
  const suite = new URLSearchParams(publics).toString();
  // An ampersand in an attribute is written so.
  code.value = code.value.replace(/src="([^"?]*)[^"]*"/, (_, base) => `src="${base}${suite ? `?${suite.replaceAll("&", "&amp;")}` : ""}"`);
});
