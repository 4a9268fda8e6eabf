// What is not saved yet, kept on this device: per person, answer, page and group of fields.
// Cleared as soon as the portal has it, and at sign-out (socle/deconnexion.js).

const PREFIXE = "pcti:saisie:";

function cle(contexte, unite) {
  return `${PREFIXE}${contexte.personne}:${contexte.reponse}:${contexte.page}:${unite}`;
}

// A browser may refuse storage (private browsing, full disk): the page still works, without the net.
function prudemment(action, sinon) {
  try {
    return action();
  } catch {
    return sinon;
  }
}

// Whether this device keeps anything at all.
export const MEMOIRE = prudemment(() => {
  localStorage.setItem(`${PREFIXE}essai`, "1");
  localStorage.removeItem(`${PREFIXE}essai`);
  return true;
}, false);

// Two tabs of one person share this memory: what one has saved must not erase what the other could not.
const ONGLET = `${Date.now()}-${Math.random()}`;

export function garder(contexte, unite, entree) {
  prudemment(() => localStorage.setItem(cle(contexte, unite), JSON.stringify({ ...entree, onglet: ONGLET })));
}

export function oublier(contexte, unite) {
  prudemment(() => localStorage.removeItem(cle(contexte, unite)));
}

// Saved: what this tab had kept goes.
export function oublierLeMien(contexte, unite) {
  if (lire(contexte, unite)?.onglet === ONGLET) oublier(contexte, unite);
}

// What is told of a text that the portal does not have yet, and of what comes next.
export function ouEst(suite) {
  return MEMOIRE
    ? `Ce que vous avez écrit est gardé sur cet appareil, et ${suite}.`
    : `Ne fermez pas cette page : ce que vous avez écrit n’est gardé qu’ici, et ${suite}.`;
}

export function lire(contexte, unite) {
  return prudemment(() => JSON.parse(localStorage.getItem(cle(contexte, unite))), null);
}

// The pages of an answer that hold something unsaved: [{ adresse, libelle, quand }].
export function pagesGardees(personne, reponse) {
  return prudemment(() => {
    const debut = `${PREFIXE}${personne}:${reponse}:`;
    const pages = new Map();
    for (let rang = 0; rang < localStorage.length; rang += 1) {
      const nom = localStorage.key(rang);
      if (!nom.startsWith(debut)) continue;
      const entree = JSON.parse(localStorage.getItem(nom));
      if (entree?.adresse?.startsWith("/")) pages.set(entree.adresse, entree);
    }
    return [...pages.values()];
  }, []);
}

// A new line that left for the portal, and whose answer has come: nothing of it stays here.
export function oublierLesEnvoyees() {
  prudemment(() => {
    for (const nom of Object.keys(localStorage)) {
      if (nom.startsWith(PREFIXE) && JSON.parse(localStorage.getItem(nom))?.envoyee) localStorage.removeItem(nom);
    }
  });
}

// The session ended while somebody was writing: after they signed in again, what waited is sent.
const RETOUR = "pcti:saisie-a-envoyer";

export function demanderLEnvoiAuRetour(contexte) {
  prudemment(() => sessionStorage.setItem(RETOUR, `${contexte.personne}:${contexte.reponse}`));
}

export function envoiDemande(contexte) {
  return prudemment(() => {
    const demande = sessionStorage.getItem(RETOUR) === `${contexte.personne}:${contexte.reponse}`;
    if (demande) sessionStorage.removeItem(RETOUR);
    return demande;
  }, false);
}
