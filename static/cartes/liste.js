// The list beside the map: the same structures, the same filters, in step with what the map shows.

import { lireLigne, retenue } from "./filtres.js";
import { compter } from "./reglages.js";

const ordre = new Intl.Collator("fr", { numeric: true });

/** The list `ul`. `surApercu(id)` when a card is asked; `surSurvol(id | null)` when a line is pointed at. */
export function creerListe(ul, { surApercu, surSurvol }) {
  const lignes = new Map();
  const compteur = document.querySelector("[data-compte]");
  const total = Number(compteur.dataset.total);
  const vide = document.querySelector("[data-vide]");
  const horsVue = document.querySelector("[data-hors-vue]");
  const nombre = document.querySelector("[data-nombre-liste]");
  let choix = null;
  let metresMax = null;

  const numero = (cible) => Number(cible.closest("[data-structure]")?.dataset.structure) || null;
  ul.addEventListener("click", ({ target }) => {
    if (target.closest("[data-apercu]")) surApercu(numero(target));
  });
  for (const [entree, sortie] of [["mouseover", "mouseleave"], ["focusin", "focusout"]]) {
    ul.addEventListener(entree, ({ target }) => surSurvol(numero(target)));
    ul.addEventListener(sortie, () => surSurvol(null));
  }

  function apprendre() {
    for (const li of ul.querySelectorAll("[data-structure]")) {
      const id = Number(li.dataset.structure);
      if (lignes.has(id)) continue;
      li.querySelector("[data-apercu]").hidden = false;
      const nom = li.querySelector(".carte-ligne__nom").textContent;
      lignes.set(id, { li, nom, lue: lireLigne(li), retenue: true });
    }
  }
  apprendre();

  const assezPres = ({ dataset }) => metresMax === null || !dataset.metres || Number(dataset.metres) <= metresMax;

  return {
    ligne: (id) => lignes.get(id)?.li ?? null,
    garde: (id) => lignes.get(id)?.retenue ?? false,
    /** Filter; returns how many are kept. */
    filtrer(nouveau, rayonKm) {
      choix = nouveau;
      metresMax = rayonKm === null ? null : rayonKm * 1000;
      for (const ligne of lignes.values()) ligne.retenue = retenue(ligne.lue, choix) && assezPres(ligne.li);
    },
    /** Show the kept lines that `visible(id)` lets through (all of them without it), and say how many. */
    montrer(visible) {
      let retenues = 0;
      let montrees = 0;
      let dehors = 0;
      for (const [id, ligne] of lignes) {
        const montree = ligne.retenue && (!visible || visible(id));
        if (ligne.li.hidden === montree) ligne.li.hidden = !montree;
        retenues += ligne.retenue ? 1 : 0;
        montrees += montree ? 1 : 0;
        dehors += montree && ligne.li.dataset.dehors ? 1 : 0;
      }
      const phrase = dire(montrees, retenues, dehors, total);
      // Said again by screen readers only when it changes.
      if (compteur.textContent.trim() !== phrase) compteur.textContent = phrase;
      if (nombre) nombre.textContent = `(${montrees})`;
      if (vide) vide.hidden = retenues > 0;
      if (horsVue) horsVue.hidden = montrees > 0 || retenues === 0;
    },
    /** Distances from a place: {id: [metres, words]}, and lines of other bassins to add (HTML of the portal). */
    situer(distances, html) {
      for (const [id, { li }] of lignes) {
        if (li.dataset.dehors) {
          li.remove();
          lignes.delete(id);
          continue;
        }
        const [metres, mots] = distances?.[id] ?? [null, ""];
        if (metres === null) delete li.dataset.metres;
        else li.dataset.metres = metres;
        li.querySelector("[data-km]").textContent = mots ? ` · ${mots}` : "";
      }
      if (html) ul.insertAdjacentHTML("beforeend", html);
      apprendre();
      const tri = distances
        ? (a, b) => Number(a.li.dataset.metres ?? Infinity) - Number(b.li.dataset.metres ?? Infinity)
        : (a, b) => ordre.compare(a.nom, b.nom);
      ul.append(...[...lignes.values()].sort(tri).map(({ li }) => li));
    },
    /** Structures of other bassins, as the map reads points. */
    get dehors() {
      const features = [...lignes].flatMap(([id, { li, nom }]) =>
        li.dataset.dehors ? [pointDe(id, nom, li)] : [],
      );
      return { features };
    },
  };
}

function pointDe(id, nom, li) {
  const { famille, lat, lon } = li.dataset;
  const [type, commune] = li.querySelector(".carte-ligne__detail").textContent.split("·").map((mot) => mot.trim());
  return {
    id,
    geometry: { coordinates: [Number(lon), Number(lat)] },
    properties: { nom, famille, type_libelle: type.replace(/,[^,]*$/, ""), commune },
  };
}

function dire(montrees, retenues, dehors, total) {
  const debut = compter(montrees, "structure affichée", "structures affichées");
  if (montrees < retenues) return `${debut}\u00a0: celles que montre la carte, sur ${retenues} retenues`;
  if (dehors === 1 && montrees === 1) return `${debut}, d’un autre bassin`;
  if (dehors > 0 && dehors === montrees) return `${debut}, toutes d’autres bassins`;
  if (dehors > 0) return `${debut}, dont ${dehors} d’${dehors === 1 ? "un autre bassin" : "autres bassins"}`;
  return montrees === total ? debut : `${debut} sur ${total}`;
}
