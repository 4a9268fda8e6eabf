// What is taken away is what is shown: the links carry the filters of the address as they are when followed.

for (const lien of document.querySelectorAll("a[data-sortie]")) {
  const suivre = () => {
    lien.search = location.search;
  };
  // The keyboard, the mouse, and « copy the link ».
  for (const geste of ["click", "focus", "pointerenter", "contextmenu"]) lien.addEventListener(geste, suivre);
}
