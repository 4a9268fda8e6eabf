/* Drop a file anywhere on the form: it is chosen, and checked at once. Without this, the button does it. */
for (const formulaire of document.querySelectorAll("[data-depot]")) {
  const champ = formulaire.querySelector("input[type=file]");
  if (!champ) continue;
  const survol = (actif) => formulaire.classList.toggle("cv-depot--survol", actif);
  for (const evenement of ["dragenter", "dragover"]) {
    formulaire.addEventListener(evenement, (e) => {
      if (![...e.dataTransfer.types].includes("Files")) return;
      e.preventDefault();
      survol(true);
    });
  }
  formulaire.addEventListener("dragleave", (e) => {
    if (!formulaire.contains(e.relatedTarget)) survol(false);
  });
  formulaire.addEventListener("drop", (e) => {
    e.preventDefault();
    survol(false);
    if (!e.dataTransfer.files.length) return;
    champ.files = e.dataTransfer.files;
    formulaire.requestSubmit();
  });
}
document.querySelector("#verdict section, #verdict [role=alert]")?.parentElement.focus();
