// A new offer or need does not exist on the portal before its first page is sent: what is written waits on this
// device, and nothing is sent into the void.

import { bouton, couples, poser, signature } from "./controles.js";
import * as garde from "./garde.js";

const formulaire = document.querySelector("form[data-nouvelle]");
const DESCRIPTION = { champs: ["service", "service_autre", "description"], rangees: false };
const UNITE = "nouvelle";
const DELAI = 15_000;

function boite(role) {
  const zone = document.createElement("div");
  zone.className = role === "alert" ? "offres-saisie__alerte" : "offres-garde";
  if (role) zone.setAttribute("role", role);
  return zone;
}

// "ok", "session" (sign in again), or "panne".
async function joindre(adresse) {
  try {
    const reponse = await fetch(adresse, {
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout?.(DELAI),
    });
    if (reponse.type === "opaqueredirect") return "session";
    return reponse.status < 500 ? "ok" : "panne";
  } catch {
    return "panne";
  }
}

function demarrer(form) {
  const contexte = {
    personne: form.dataset.personne,
    reponse: form.dataset.reponse,
    page: form.dataset.page,
  };
  const alerte = boite("alert");
  form.querySelector(".pcti-actions").before(alerte);
  let pret = false;
  let depart = false;

  const garder = (envoyee = false) =>
    garde.garder(contexte, UNITE, {
      paires: couples(form, UNITE, DESCRIPTION),
      libelle: document.querySelector("h1").textContent.trim(),
      quand: new Date().toISOString(),
      adresse: window.location.pathname,
      envoyee,
    });

  form.addEventListener("input", () => garder());
  form.addEventListener("change", () => garder());
  form.addEventListener("submit", async (evenement) => {
    if (pret) return;
    evenement.preventDefault();
    if (depart) return;
    depart = true;
    garder();
    const etat = await joindre(form.dataset.nouvelle);
    depart = false;
    if (etat === "ok") {
      pret = true;
      garder(true);
      form.requestSubmit(evenement.submitter);
      return;
    }
    alerte.textContent =
      etat === "panne"
        ? "Pas encore enregistré : le portail ne répond pas. Ce que vous avez écrit est gardé sur cet appareil."
        : "Votre session est terminée. Ce que vous avez écrit est gardé sur cet appareil. ";
    if (etat === "session") {
      const lien = document.createElement("a");
      lien.href = `${form.dataset.connexion}?next=${encodeURIComponent(window.location.pathname)}`;
      lien.textContent = "Se reconnecter et revenir ici";
      alerte.append(lien);
    }
  });

  const entree = garde.lire(contexte, UNITE);
  if (!entree) return;
  if (!signature(entree.paires)) {
    garde.oublier(contexte, UNITE);
    return;
  }
  // The portal refused it, and shows it here again: still not saved.
  if (signature(couples(form, UNITE, DESCRIPTION)) === signature(entree.paires)) {
    garder();
    return;
  }
  const zone = boite("");
  const phrase = document.createElement("p");
  const quand = new Date(entree.quand).toLocaleString("fr-FR", { dateStyle: "long", timeStyle: "short" });
  // It left, and no answer came back: the network went between the two, before or after the portal had it.
  phrase.textContent = entree.envoyee
    ? `Écrit sur cet appareil et envoyé le ${quand}, sans réponse du portail. S’il n’est pas dans votre liste, reprenez-le.`
    : `Vous aviez commencé ici le ${quand}, sur cet appareil, sans que ce soit enregistré.`;
  zone.append(
    phrase,
    bouton("Reprendre", () => {
      poser(form, UNITE, DESCRIPTION, entree.paires);
      zone.remove();
    }),
    bouton("L’oublier", () => {
      garde.oublier(contexte, UNITE);
      zone.remove();
    }),
  );
  form.before(zone);
}

if (formulaire) demarrer(formulaire);
else garde.oublierLesEnvoyees();
