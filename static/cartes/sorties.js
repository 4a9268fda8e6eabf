// What is taken away is what is shown: the links carry the filters of the address as they are when followed.

for (const lien of document.querySelectorAll("a[data-sortie]")) {
  const suivre = () => {
    lien.search = location.search;
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
