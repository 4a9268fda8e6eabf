// The sheet corrected in place: errors come back into the section, focus follows, what is done is said.

const annonce = document.getElementById("fiche-annonce");

function dire(texte) {
  if (!annonce) return;
  annonce.textContent = "";
  // A live region speaks when its text changes after it was empty.
  window.setTimeout(() => {
    annonce.textContent = texte;
  }, 50);
}

document.body.addEventListener("htmx:beforeSwap", (evenement) => {
  const { xhr, target } = evenement.detail;
  if (!target.classList.contains("fiche-section")) return;
  const attendu = new URL(evenement.detail.requestConfig.path, window.location.href).pathname;
  const obtenu = xhr.responseURL ? new URL(xhr.responseURL).pathname : attendu;
  if (obtenu !== attendu) {
    // Sent to sign-in: what was typed stays in the page.
    evenement.detail.shouldSwap = false;
    signaler(target, "Votre session est finie. Connectez-vous dans un autre onglet, puis recopiez votre saisie.");
    return;
  }
  if (xhr.status === 422) {
    evenement.detail.shouldSwap = true;
    evenement.detail.isError = false;
  }
});

// Sent to each element that has just come into the page.
document.body.addEventListener("htmx:afterSettle", (evenement) => {
  const section = evenement.target;
  if (!(section instanceof HTMLElement) || !section.classList.contains("fiche-section")) return;
  const erreurs = section.querySelector("#erreurs");
  const titre = section.querySelector("h2");
  if (erreurs) {
    erreurs.focus();
  } else if (section.classList.contains("fiche-section--ouverte")) {
    (section.querySelector("form input:not([type=hidden]), form select, form textarea") ?? titre).focus();
  } else {
    titre.focus();
    if (section.dataset.dit) dire(section.dataset.dit);
  }
});

for (const panne of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(panne, (evenement) => {
    const section = evenement.detail.target?.closest?.(".fiche-section");
    if (section) signaler(section, "Le portail n’a pas pu répondre. Rien n’est perdu : réessayez.");
  });
}

// Said in the section, so that it is also seen.
function signaler(section, texte) {
  let alerte = section.querySelector(".fiche-section__panne");
  if (!alerte) {
    alerte = document.createElement("p");
    alerte.className = "fiche-section__panne";
    alerte.setAttribute("role", "alert");
    section.querySelector("h2").after(alerte);
  }
  alerte.textContent = texte;
}
