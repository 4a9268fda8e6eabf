// « Autour de »: a town, a postal code or my position. The portal understands the place; the circle is drawn here.

import { calme, elargir, enTexte, lireJson } from "./reglages.js";

/** Field and circle. `adresse`: who answers; `surReponse({cercle, distances, lignes} | null, cadrer)`. */
export function creerAutour(formulaire, { adresse, surReponse, parametres }) {
  const champ = formulaire.elements.autour;
  const reponse = formulaire.querySelector("[data-autour-reponse]");
  const bloc = formulaire.querySelector("[data-position-bloc]");
  let calque = null;
  let demande = 0;
  let dite = `${champ.value.trim()}|${formulaire.elements.rayon.value}`;

  /** Without a circle the words are all the answer: on a phone they would be under the bar of the page. */
  function rapprocher() {
    if (formulaire.contains(document.activeElement)) reponse.scrollIntoView({ block: "nearest" });
  }

  function avertir(mots) {
    reponse.textContent = mots;
    rapprocher();
  }

  async function chercher({ cadrer = true } = {}) {
    const texte = champ.value.trim();
    const cle = `${texte}|${formulaire.elements.rayon.value}`;
    if (cle === dite) return;
    dite = cle;
    const numero = ++demande;
    if (!texte) {
      reponse.replaceChildren();
      surReponse(null, cadrer);
      return;
    }
    const recue = await lireJson(`${adresse}?${parametres()}`);
    if (numero !== demande) return;
    if (!recue) {
      dite = "";
      avertir("Le lieu n’a pas pu être cherché. Vérifiez la connexion, puis réessayez.");
      return;
    }
    reponse.innerHTML = recue.reponse;
    if (!recue.cercle) rapprocher();
    surReponse(recue.cercle ? recue : null, cadrer);
  }

  const demander = (texte) => {
    champ.value = texte;
    return chercher();
  };
  reponse.addEventListener("click", (evenement) => {
    const lien = evenement.target.closest("[data-autour]");
    if (!lien) return;
    evenement.preventDefault();
    champ.focus();
    demander(lien.dataset.autour);
  });
  if (navigator.geolocation && window.isSecureContext) {
    bloc.hidden = false;
    bloc.querySelector("[data-position]").addEventListener("click", () => {
      avertir("Recherche de votre position…");
      navigator.geolocation.getCurrentPosition(
        // Three decimals: about a hundred metres, enough to choose and not enough to be followed.
        ({ coords }) => demander(`${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`),
        () => {
          avertir("Votre appareil n’a pas donné sa position. Écrivez une commune ou un code postal.");
        },
        { maximumAge: 300_000, timeout: 10_000 },
      );
    });
  }

  return {
    chercher,
    /** Draw the circle, or nothing; `cadrer` brings it into view, at once unless `anime`. */
    dessiner(carte, cercle, cadrer, anime = !calme()) {
      calque?.clearLayers();
      if (!cercle) return;
      calque ??= L.layerGroup();
      const { nom, lat, lon, km } = cercle;
      const rond = L.circle([lat, lon], { radius: km * 1000, className: "carte-cercle", interactive: false });
      const centre = L.circleMarker([lat, lon], { radius: 8, className: "carte-cherchee", interactive: false });
      centre.bindTooltip(enTexte(nom), { permanent: true, direction: "top", offset: [0, -20], className: "carte-bulle" });
      calque.addLayer(rond).addLayer(centre).addTo(carte);
      elargir(carte, rond.getBounds());
      if (cadrer) carte.fitBounds(rond.getBounds(), { padding: [12, 12], animate: anime });
    },
  };
}
