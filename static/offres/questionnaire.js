// The zone page shows only what the chosen kind needs. Without script everything is shown.
const choix = document.querySelectorAll('input[name="rayonnement"]');
const parties = document.querySelectorAll("[data-rayonnement]");

function montrer() {
  const retenu = [...choix].find((radio) => radio.checked);
  for (const partie of parties) {
    partie.hidden = !retenu || partie.dataset.rayonnement !== retenu.value;
  }
}

for (const radio of choix) {
  radio.addEventListener("change", montrer);
}
if (choix.length && parties.length) {
  montrer();
  choix[0].form.addEventListener("saisie:recue", montrer);
}

// Errors come first: the summary takes the focus, so that it is read and reached.
document.querySelector("#erreurs")?.focus();
