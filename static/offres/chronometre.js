// The time spent on the pages that save nothing field by field: lists, a new line, last year's answers.
// (enregistrement.js counts on the others.)

import { commencerACompter, prendreLesSecondes } from "./temps.js";

const page = document.querySelector("[data-temps]");
const jeton = document.querySelector('input[name="csrfmiddlewaretoken"]')?.value;
if (page && jeton && !document.querySelector("form[data-saisie]")) {
  commencerACompter();
  window.addEventListener("pagehide", () => {
    const secondes = prendreLesSecondes();
    if (!secondes) return;
    const body = new FormData();
    body.append("actif", String(secondes));
    fetch(page.dataset.temps, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": jeton },
      keepalive: true,
      redirect: "manual",
    }).catch(() => {});
  });
}
