import { pagesGardees } from "./garde.js";

// The first page of the questionnaire lists what waits on this device.
const attente = document.querySelector("[data-saisies-gardees]");
if (attente) {
  const pages = pagesGardees(attente.dataset.personne, attente.dataset.saisiesGardees);
  const liste = document.createElement("ul");
  attente.append(liste);
  for (const page of pages) {
    const ligne = document.createElement("li");
    const lien = document.createElement("a");
    lien.href = page.adresse;
    lien.textContent = page.libelle;
    ligne.append(lien);
    liste.append(ligne);
  }
  attente.hidden = pages.length === 0;
}
