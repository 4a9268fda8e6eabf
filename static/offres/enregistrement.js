// Each group of fields is saved as it is left. Nothing is lost: what the portal does not have yet is kept on
// this device; a failure is said and tried again; what somebody else wrote meanwhile is never overwritten unseen.

import {
  bouton,
  cadre,
  controles,
  couples,
  couplesDe,
  enMots,
  libelle,
  marquerFautifs,
  poser,
  signature,
  uniteDe,
} from "./controles.js";
import * as garde from "./garde.js";
import { Portail } from "./portail.js";
import { commencerACompter, prendreLesSecondes } from "./temps.js";

const formulaire = document.querySelector("form[data-saisie]");
const SECONDE = 1000;
const ATTENTES = [2, 4, 8, 15, 30, 60].map((secondes) => secondes * SECONDE);
const RELEVE = 8 * SECONDE;
const PAUSE_DE_FRAPPE = 3 * SECONDE;

class Saisie {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.saisie;
    const { personne, reponse, page } = form.dataset;
    this.contexte = { personne, reponse, page };
    const etat = JSON.parse(form.dataset.etat);
    this.version = etat.version;
    this.unites = etat.unites;
    this.portail = new Portail(this.url, form.querySelector('input[name="csrfmiddlewaretoken"]').value);
    this.attente = new Set();
    this.conflits = new Set();
    this.refusees = new Set();
    this.essais = 0;
    this.cours = null;
    this.fermee = false;
    this.envoi = this.contexte.page === "relecture";
    this.relue = true;
    this.boite = document.getElementById("saisie");
    this.alerte = document.getElementById("saisie-alerte");
    this.statut = document.getElementById("saisie-etat");
    this.minuteries = new Map();
  }

  demarrer() {
    this.boite.hidden = false;
    for (const lien of document.querySelectorAll("[data-enregistre]")) {
      // A button of the page does the same.
      if (this.form.querySelector('button[value="liste"]')) lien.hidden = true;
      else lien.textContent = lien.dataset.enregistre;
    }
    this.dire("Enregistrement automatique");
    this.form.addEventListener("input", (e) => this.frappe(e.target));
    this.form.addEventListener("change", (e) => this.quitte(e.target));
    this.form.addEventListener("focusout", (e) => this.quitte(e.target));
    this.form.addEventListener("submit", (e) => this.soumettre(e));
    window.addEventListener("online", () => this.envoyer());
    window.addEventListener("offline", () => this.panne());
    window.addEventListener("pageshow", (e) => {
      if (!e.persisted) return;
      // Back to a page that was left by its button: it saves again.
      this.prete = false;
      this.relever();
    });
    window.addEventListener("pagehide", () => this.partir());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.relever();
    });
    window.setInterval(() => document.visibilityState === "visible" && this.relever(), RELEVE);
    this.proposerCeQuiEstGarde();
    commencerACompter();
  }

  dire(texte) {
    this.statut.textContent = texte;
  }

  alerter(texte, lien) {
    if (this.alerte.dataset.dit === texte) return;
    this.alerte.dataset.dit = texte;
    this.alerte.textContent = texte;
    if (texte) this.dire("");
    if (lien) {
      const ancre = document.createElement("a");
      ancre.href = lien.href;
      ancre.textContent = lien.texte;
      ancre.className = "fr-link";
      ancre.target = lien.onglet ?? "";
      this.alerte.append(" ", ancre);
    }
  }

  // --- what the person does ---

  modifiee(unite) {
    const description = this.unites[unite];
    const ici = signature(couples(this.form, unite, description));
    return ici !== signature(couplesDe(description.valeurs));
  }

  frappe(controle) {
    const unite = uniteDe(controle, this.unites);
    if (!unite) return;
    this.departager(controle);
    if (this.modifiee(unite)) this.garder(unite);
    window.clearTimeout(this.minuteries.get(unite));
    // Half an address is no error yet: it waits until the field is left.
    if (controle.type === "email") return;
    this.minuteries.set(
      unite,
      window.setTimeout(() => this.quitte(controle), PAUSE_DE_FRAPPE),
    );
  }

  // « Je ne sais pas » and a number exclude one another.
  departager(controle) {
    const inconnu = controle.name.endsWith("_inconnu") || controle.name.endsWith("_inconnue");
    if (inconnu && controle.checked) {
      const nombre = this.form.elements.namedItem(controle.name.replace(/_inconnue?$/, ""));
      if (nombre) nombre.value = "";
    } else if (!inconnu && controle.type === "text" && controle.value.trim() !== "") {
      for (const suffixe of ["_inconnu", "_inconnue"]) {
        const boite = this.form.elements.namedItem(controle.name + suffixe);
        if (boite) boite.checked = false;
      }
    }
  }

  garder(unite) {
    const description = this.unites[unite];
    garde.garder(this.contexte, unite, {
      paires: couples(this.form, unite, description),
      lu: description.lu,
      libelle: libelle(this.form, unite, description),
      quand: new Date().toISOString(),
      adresse: window.location.pathname,
    });
  }

  quitte(controle) {
    const unite = uniteDe(controle, this.unites);
    if (!unite) return;
    window.clearTimeout(this.minuteries.get(unite));
    if (!this.modifiee(unite)) {
      if (!this.attente.has(unite)) garde.oublierLeMien(this.contexte, unite);
      return;
    }
    this.garder(unite);
    // Both values are on the screen: the person chooses with the buttons.
    if (this.conflits.has(unite)) return;
    this.attente.add(unite);
    this.envoyer();
  }

  // --- to the portal ---

  envoyer() {
    this.cours ??= this.vider().finally(() => {
      this.cours = null;
    });
    return this.cours;
  }

  async vider() {
    window.clearTimeout(this.reessai);
    while (this.attente.size && !this.fermee) {
      const [unite] = this.attente;
      this.dire("Enregistrement…");
      if (!(await this.envoyerUne(unite))) return false;
    }
    return true;
  }

  async envoyerUne(unite) {
    const description = this.unites[unite];
    const paires = couples(this.form, unite, description);
    const corps = new FormData();
    for (const [cle, valeur] of paires) corps.append(cle, valeur);
    corps.append("unite", unite);
    corps.append("lu", description.lu);
    const secondes = prendreLesSecondes();
    corps.append("actif", String(secondes));
    const reponse = await this.portail.demander({ method: "POST", body: corps });
    if (!reponse) {
      prendreLesSecondes(-secondes);
      this.panne();
      return false;
    }
    this.essais = 0;
    if (reponse.statut !== "session") this.alerter("");
    switch (reponse.statut) {
      case 200:
        this.enregistree(unite, signature(paires), reponse.donnees);
        return true;
      case 409:
        this.attente.delete(unite);
        this.conflit(unite, reponse.donnees.conflit);
        return true;
      case 422:
        // Completed while the refusal was on its way: sent again at once.
        if (signature(couples(this.form, unite, description)) !== signature(paires)) return true;
        this.attente.delete(unite);
        this.refusees.add(unite);
        this.refus(unite, reponse.donnees.erreurs);
        return true;
      case "session":
        this.sessionFinie();
        return false;
      default:
        this.fermer(reponse.donnees?.message ?? "Cette réponse ne peut plus être modifiée ici.");
        return false;
    }
  }

  panne() {
    if (!this.attente.size) return;
    const attente = ATTENTES[Math.min(this.essais, ATTENTES.length - 1)];
    this.essais += 1;
    this.alerter(
      `Pas encore enregistré : le portail ne répond pas. ${garde.ouEst("sera envoyé dès que possible")}`,
    );
    window.clearTimeout(this.reessai);
    this.reessai = window.setTimeout(() => this.envoyer(), attente);
  }

  sessionFinie() {
    garde.demanderLEnvoiAuRetour(this.contexte);
    const ici = encodeURIComponent(window.location.pathname);
    // Without memory, leaving would lose it: sign in beside.
    this.alerter(`Votre session est terminée. ${garde.ouEst("sera envoyé à votre retour")}`, {
      href: `${this.form.dataset.connexion}?next=${ici}`,
      texte: garde.MEMOIRE ? "Se reconnecter et revenir ici" : "Se reconnecter dans un autre onglet",
      onglet: garde.MEMOIRE ? "" : "_blank",
    });
  }

  fermer(message) {
    this.fermee = true;
    this.alerter(message, { href: window.location.pathname, texte: "Recharger la page" });
  }

  enregistree(unite, envoyee, etat) {
    const ici = signature(couples(this.form, unite, this.unites[unite]));
    this.refusees.delete(unite);
    this.effacerErreurs(unite);
    // Taken before the other groups: this one is now what the portal says.
    this.unites[unite] = etat.unites[unite];
    if (ici === envoyee) {
      this.attente.delete(unite);
      garde.oublierLeMien(this.contexte, unite);
      this.montrerCeQuiEstGarde(unite);
    } else {
      // Typed while it was being sent.
      this.garder(unite);
    }
    this.recevoir(etat, true);
    const note = this.note(unite);
    note.textContent = etat.avertissement || `Enregistré à ${etat.heure}`;
    note.classList.add(etat.avertissement ? "offres-note--attention" : "offres-note--fait");
    this.dire(`Enregistré à ${etat.heure}`);
  }

  // « 0,50 » is kept as « 0,5 »: the page shows what is kept, unless somebody is still writing there.
  montrerCeQuiEstGarde(unite) {
    const description = this.unites[unite];
    const ici = controles(this.form, unite, description).find((controle) => controle === document.activeElement);
    if (!this.modifiee(unite) || (ici && !["radio", "checkbox"].includes(ici.type))) return;
    poser(this.form, unite, description, couplesDe(description.valeurs));
  }

  // --- what others write ---

  async relever() {
    if (this.fermee || this.cours) return;
    if (this.attente.size) {
      this.envoyer();
      return;
    }
    const reponse = await this.portail.demander({}, `${this.url}?version=${this.version}`);
    if (!reponse || reponse.statut === 204) return;
    if (reponse.statut === 200) this.recevoir(reponse.donnees);
    else if (reponse.statut === "session") this.sessionFinie();
    else if (reponse.statut === 410) this.fermer(reponse.donnees.message);
  }

  recevoir(etat, apresMoi = false) {
    // Asked before a save, answered after it: it would bring the old values back.
    if (etat.version < this.version) return;
    this.relue &&= etat.version === this.version || (apresMoi && etat.version === this.version + 1);
    this.version = etat.version;
    this.portail.jeton = etat.csrf ?? this.portail.jeton;
    const champ = this.form.querySelector('input[name="version"]');
    // The page of the sending shows the whole answer as it was reread: another version of it is not sent unseen.
    if (champ && (this.relue || !this.envoi)) champ.value = etat.version_page;
    if (this.envoi && !this.relue) {
      this.alerter("La réponse a changé depuis votre relecture.", {
        href: window.location.pathname,
        texte: "La relire à jour",
      });
    }
    for (const [unite, recue] of Object.entries(etat.unites)) {
      const connue = this.unites[unite];
      if (!connue || connue.lu === recue.lu) continue;
      if (this.modifiee(unite)) {
        if (signature(couples(this.form, unite, connue)) === signature(couplesDe(recue.valeurs))) {
          this.unites[unite] = recue;
          this.lever(unite);
        } else {
          this.attente.delete(unite);
          this.conflit(unite, recue);
        }
        continue;
      }
      const pose = poser(this.form, unite, recue, couplesDe(recue.valeurs));
      this.unites[unite] = recue;
      const lue = this.form.elements.namedItem(`lu-${unite}`);
      if (lue) lue.value = recue.lu;
      const note = this.note(unite);
      const qui = recue.moi ? "Vous avez écrit" : `${recue.par || "Une autre personne"} a écrit`;
      note.textContent = pose
        ? `${qui} ici ${recue.le}`.trim()
        : `${qui} ici ${recue.le} : « ${recue.mots} ». Rechargez la page pour le voir.`;
      note.classList.add("offres-note--autre");
    }
  }

  conflit(unite, recue) {
    this.conflits.add(unite);
    const zone = this.zone(unite, "offres-conflit");
    zone.setAttribute("role", "alert");
    const phrase = document.createElement("p");
    const qui = recue.moi ? "Vous avez aussi écrit" : `${recue.par || "Une autre personne"} a écrit`;
    phrase.textContent = `${qui} ici ${recue.le} : « ${recue.mots} ». Votre version est gardée ci-dessus, elle n’est pas enregistrée.`;
    const mienne = bouton("Garder ma version", () => {
      this.unites[unite] = recue;
      this.lever(unite);
      if (!this.modifiee(unite)) return;
      this.attente.add(unite);
      this.envoyer();
    });
    const sienne = bouton("Prendre l’autre version", () => {
      this.unites[unite] = recue;
      const pose = poser(this.form, unite, recue, couplesDe(recue.valeurs));
      garde.oublier(this.contexte, unite);
      this.lever(unite);
      if (!pose) window.location.reload();
    });
    zone.replaceChildren(phrase, mienne, sienne);
    this.garder(unite);
    this.dire("Deux versions : choisissez plus haut");
  }

  lever(unite) {
    this.conflits.delete(unite);
    this.zone(unite, "offres-conflit").remove();
  }

  // --- what is written beside a group ---

  zone(unite, classe) {
    const id = `${classe}-${unite}`;
    const deja = document.getElementById(id);
    if (deja) return deja;
    const zone = document.createElement("div");
    zone.id = id;
    zone.className = classe;
    (cadre(this.form, unite, this.unites[unite]) ?? this.boite).append(zone);
    return zone;
  }

  note(unite) {
    const note = this.zone(unite, "offres-note");
    note.className = "offres-note";
    return note;
  }

  refus(unite, erreurs) {
    const phrase = Object.values(erreurs).flat().join(" ");
    const note = this.note(unite);
    // « Des bassins », and none ticked yet: no fault while nobody went to another field (a tap may focus nothing).
    const ici = document.activeElement;
    if (!this.form.contains(ici) || controles(this.form, unite, this.unites[unite]).includes(ici)) {
      note.textContent = `À compléter : ${phrase}`;
      this.dire("À compléter");
      return;
    }
    note.classList.add("offres-note--erreur");
    note.textContent = `Pas encore enregistré. ${phrase}`;
    marquerFautifs(this.form, Object.keys(erreurs), note.id);
    this.dire(`Pas encore enregistré. ${phrase}`);
  }

  effacerErreurs(unite) {
    for (const controle of controles(this.form, unite, this.unites[unite])) controle.removeAttribute("aria-invalid");
  }

  // --- leaving and coming back ---

  async soumettre(evenement) {
    const bouton_ = evenement.submitter;
    if (this.prete || bouton_?.value === "chercher") return;
    evenement.preventDefault();
    // A second click while the first one is being served.
    if (this.depart) return;
    this.depart = true;
    try {
      await this.preparerLeDepart();
    } finally {
      this.depart = false;
    }
    if (this.prete) this.form.requestSubmit(bouton_);
  }

  async preparerLeDepart() {
    for (const unite of Object.keys(this.unites)) {
      if (this.modifiee(unite) && !this.conflits.has(unite) && !this.refusees.has(unite)) {
        this.garder(unite);
        this.attente.add(unite);
      }
    }
    await this.envoyer();
    if (this.conflits.size) {
      document.querySelector(".offres-conflit button")?.focus();
      return;
    }
    if (this.attente.size || this.fermee) return;
    // What others wrote since is shown, and the form carries the version of today.
    const reponse = await this.portail.demander();
    if (!reponse) {
      this.alerter("Le portail ne répond pas : vous pourrez continuer quand la connexion sera revenue.");
      return;
    }
    if (reponse.statut === "session") {
      this.sessionFinie();
      return;
    }
    if (reponse.statut === 200) this.recevoir(reponse.donnees);
    if (this.conflits.size) return;
    this.prete = true;
  }

  partir() {
    const secondes = prendreLesSecondes();
    const temps = new FormData();
    temps.append("actif", String(secondes));
    const envois = secondes ? [temps] : [];
    const restantes = this.prete || this.fermee ? [] : Object.keys(this.unites);
    for (const unite of restantes) {
      if (!this.modifiee(unite) || this.conflits.has(unite) || this.refusees.has(unite)) continue;
      this.garder(unite);
      const corps = new FormData();
      for (const [cle, valeur] of couples(this.form, unite, this.unites[unite])) corps.append(cle, valeur);
      corps.append("unite", unite);
      corps.append("lu", this.unites[unite].lu);
      envois.push(corps);
    }
    for (const body of envois) {
      const options = { method: "POST", body, headers: { "X-CSRFToken": this.portail.jeton }, keepalive: true, redirect: "manual" };
      fetch(this.url, options).catch(() => {});
    }
  }

  proposerCeQuiEstGarde() {
    const aEnvoyer = garde.envoiDemande(this.contexte);
    for (const [unite, description] of Object.entries(this.unites)) {
      const entree = garde.lire(this.contexte, unite);
      if (!entree) continue;
      if (signature(entree.paires) === signature(couplesDe(description.valeurs))) {
        garde.oublier(this.contexte, unite);
        continue;
      }
      if (aEnvoyer && entree.lu === description.lu && poser(this.form, unite, description, entree.paires)) {
        this.garder(unite);
        this.attente.add(unite);
        continue;
      }
      this.proposer(unite, description, entree);
    }
    this.envoyer();
  }

  proposer(unite, description, entree) {
    const zone = this.zone(unite, "offres-garde");
    const phrase = document.createElement("p");
    const quand = new Date(entree.quand).toLocaleString("fr-FR", { dateStyle: "long", timeStyle: "short" });
    const mots = enMots(this.form, unite, description, entree.paires);
    phrase.textContent = `Écrit sur cet appareil le ${quand}, jamais enregistré : « ${mots} ».`;
    const reprendre = bouton("Reprendre ce texte", () => {
      zone.remove();
      if (!poser(this.form, unite, description, entree.paires)) return;
      this.garder(unite);
      this.attente.add(unite);
      this.envoyer();
    });
    const oublier = bouton("L’oublier", () => {
      garde.oublier(this.contexte, unite);
      zone.remove();
    });
    zone.replaceChildren(phrase, reprendre, oublier);
  }
}

if (formulaire) new Saisie(formulaire).demarrer();
