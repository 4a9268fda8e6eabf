// Structures on the map: a symbol by family (shape and colour), a number where several would touch, a fan for
// those at one address. Only what is in view is in the page. Out of the tab order: the list says the same thing.

import { eventail, grouper, projeter } from "./grappes.js";
import { calme, compter } from "./reglages.js";

const TAILLE = 26;
// Of the ring around the chosen one, a little wider than the halo of a number.
const BORD = 6;
// Pixels under which two symbols join; closer at the last zooms, so that most stand alone there.
const RAYON = 50;
const RAYON_DE_PRES = 28;
// A country holds hundreds of towns in a screen: fewer, larger numbers read better and cost less to draw.
const FOULE = 2000;
const RAYON_DE_FOULE = 84;
// Part of the view drawn around it: a short move shows no empty border.
const MARGE = 0.15;

/** Symbols on `carte`. options: symboles {family: url}, familles {family: words}, surChoix(id); `ecrire(comptes)`: what
 *  a group of several shows, from how many of each family it holds; `mots`: how they are counted in words;
 *  surDessin() once symbols have been drawn again. */
export function creerReperes(
  carte,
  { symboles, familles, surChoix, ecrire = ecrireTotal, mots = ["structure", "structures"], surDessin = () => {} },
) {
  const icones = Object.fromEntries(Object.entries(symboles).map(([famille, adresse]) => [famille, icone(adresse)]));
  const calque = L.layerGroup().addTo(carte);
  const points = { ids: [], x: [], y: [], lat: [], lon: [], proprietes: [] };
  const rangs = new Map();
  let retenus = [];
  let groupes = new Map();
  let montres = new Map();
  let deplie = null;
  let choisi = null;
  let survole = null;

  const rayon = (zoom) => {
    if (zoom >= carte.getMaxZoom() - 1) return RAYON_DE_PRES;
    return retenus.length > FOULE && zoom < 11 ? RAYON_DE_FOULE : RAYON;
  };
  const groupesA = (zoom) => {
    if (!groupes.has(zoom)) groupes.set(zoom, grouper(points.x, points.y, retenus, zoom, rayon(zoom)));
    return groupes.get(zoom);
  };
  const groupeDe = (rang, zoom) => groupesA(zoom).find((groupe) => groupe.membres.includes(rang));
  const endroit = ({ x, y }) => carte.unproject(L.point(x, y).multiplyBy(256 * 2 ** carte.getZoom()));

  function noter(id, lat, lon, proprietes) {
    if (rangs.has(id)) return;
    const [x, y] = projeter(lat, lon);
    rangs.set(id, points.ids.length);
    points.ids.push(id);
    points.x.push(x);
    points.y.push(y);
    points.lat.push(lat);
    points.lon.push(lon);
    points.proprietes.push(proprietes);
  }

  function dessiner() {
    const zoom = carte.getZoom();
    const vue = carte.getBounds().pad(MARGE);
    const [ouest, nord] = projeter(Math.min(vue.getNorth(), 85), vue.getWest());
    const [est, sud] = projeter(Math.max(vue.getSouth(), -85), vue.getEast());
    const suivants = new Map();
    for (const groupe of groupesA(zoom)) {
      if (groupe.x < ouest || groupe.x > est || groupe.y < nord || groupe.y > sud) continue;
      const cle = `${zoom}:${groupe.membres[0]}:${groupe.membres.length}`;
      const deja = montres.get(cle);
      suivants.set(cle, deja ?? { groupe, repere: poser(groupe) });
      montres.delete(cle);
    }
    for (const { repere } of montres.values()) calque.removeLayer(repere);
    montres = suivants;
    marquer();
    surDessin();
    if (retenus.length > FOULE) prevoir(zoom);
  }

  /** While nothing happens, group for the next step of the zoom: it will cost drawing only. */
  function prevoir(zoom) {
    const auRepos = window.requestIdleCallback ?? ((suite) => setTimeout(suite, 200));
    for (const voisin of [zoom + 1, zoom - 1]) {
      if (voisin > carte.getMaxZoom() || voisin < 0) continue;
      auRepos(() => carte.getZoom() === zoom && groupesA(voisin));
    }
  }

  function poser(groupe) {
    if (groupe.membres.length === 1) return poserUn(groupe.membres[0], endroit(groupe));
    const repere = L.marker(endroit(groupe), { icon: ecrire(compterFamilles(groupe.membres)), keyboard: false });
    repere.bindTooltip(() => contenu(groupe.membres), { direction: "top", offset: [0, -16], className: "carte-bulle" });
    repere.on("click", () => ouvrir(groupe));
    repere.addTo(calque);
    // As the symbol of one structure, whose text is empty: the list says them all, a bare number says nothing.
    repere.getElement()?.setAttribute("aria-hidden", "true");
    return repere;
  }

  function poserUn(rang, lieu) {
    const proprietes = points.proprietes[rang];
    const repere = L.marker(lieu, {
      icon: icones[proprietes.famille] ?? icones.autre,
      keyboard: false,
      alt: "",
      riseOnHover: true,
    });
    repere.bindTooltip(() => bulle(proprietes, familles), { direction: "top", offset: [0, -12], className: "carte-bulle" });
    repere.on("click", () => surChoix(points.ids[rang]));
    return repere.addTo(calque);
  }

  function compterFamilles(membres) {
    const comptes = new Map();
    for (const rang of membres) {
      const { famille } = points.proprietes[rang];
      comptes.set(famille, (comptes.get(famille) ?? 0) + 1);
    }
    return comptes;
  }

  function contenu(membres) {
    const comptes = compterFamilles(membres);
    const boite = document.createElement("span");
    const titre = document.createElement("strong");
    titre.textContent = compter(membres.length, ...mots);
    boite.append(titre);
    for (const [famille, nombre] of [...comptes].sort((a, b) => b[1] - a[1])) {
      boite.append(document.createElement("br"), `${familles[famille] ?? famille}\u00a0: ${nombre}`);
    }
    return boite;
  }

  /** Closer, as far as it separates them; at one address, unfolded. */
  function ouvrir(groupe) {
    const cadre = L.latLngBounds(groupe.membres.map((rang) => [points.lat[rang], points.lon[rang]]));
    const zoom = Math.min(carte.getBoundsZoom(cadre, false, L.point(60, 60)), carte.getMaxZoom());
    const separable = groupe.membres.some((rang) => groupeDe(rang, carte.getMaxZoom()).membres.length < groupe.membres.length);
    if (!separable) deplier(groupe);
    else carte.setView(cadre.getCenter(), Math.max(zoom, carte.getZoom() + 1), { animate: !calme() });
  }

  function deplier(groupe) {
    replier();
    for (const { repere } of montres.values()) repere.closeTooltip();
    const centre = endroit(groupe);
    const origine = carte.latLngToLayerPoint(centre);
    const cote = groupe.membres.length;
    deplie = { groupe, couches: [], parRang: new Map() };
    for (const [i, [dx, dy]] of eventail(cote).entries()) {
      const lieu = carte.layerPointToLatLng(origine.add([dx, dy]));
      const trait = L.polyline([centre, lieu], { className: "carte-rayon", interactive: false }).addTo(calque);
      const repere = poserUn(groupe.membres[i], lieu).setZIndexOffset(1000);
      deplie.couches.push(trait, repere);
      deplie.parRang.set(groupe.membres[i], repere);
    }
    marquer();
  }

  function replier() {
    for (const couche of deplie?.couches ?? []) calque.removeLayer(couche);
    deplie = null;
    marquer();
  }

  function marquer() {
    const porteurs = (rang) => {
      if (rang === null) return null;
      if (deplie?.parRang.has(rang)) return deplie.parRang.get(rang);
      for (const { groupe, repere } of montres.values()) if (groupe.membres.includes(rang)) return repere;
      return null;
    };
    const dit = porteurs(choisi);
    const vise = porteurs(survole);
    const ouverte = deplie && [...montres.values()].find(({ groupe }) => groupe.membres[0] === deplie.groupe.membres[0])?.repere;
    for (const repere of [...[...montres.values()].map((m) => m.repere), ...(deplie?.parRang.values() ?? [])]) {
      const { classList } = repere.getElement();
      classList.toggle("carte-repere--choisi", repere === dit);
      classList.toggle("carte-repere--survole", repere === vise && repere !== dit);
      classList.toggle("carte-grappe--ouverte", repere === ouverte);
    }
  }

  function recommencer() {
    groupes = new Map();
    replier();
    for (const { repere } of montres.values()) calque.removeLayer(repere);
    montres = new Map();
    dessiner();
  }

  carte.on("moveend", dessiner);
  carte.on("zoomstart", replier);
  carte.on("click", replier);

  return {
    /** Add the points of a GeoJSON collection (one that is known already is left as it is). */
    ajouter({ features }) {
      for (const { id, geometry, properties } of features) {
        if (!geometry) continue;
        const [lon, lat] = geometry.coordinates;
        noter(id, lat, lon, properties);
      }
    },
    /** Show those that `garder(id)` keeps; the map itself is not rebuilt. */
    montrer(garder) {
      retenus = [];
      for (let rang = 0; rang < points.ids.length; rang += 1) if (garder(points.ids[rang])) retenus.push(rang);
      if (choisi !== null && !garder(points.ids[choisi])) choisi = null;
      recommencer();
    },
    /** Whether a structure is in a view; true for one that has no point. */
    dansLaVue(id, cadre) {
      const rang = rangs.get(id);
      return rang === undefined || cadre.contains([points.lat[rang], points.lon[rang]]);
    },
    /** Bring one into view; unless `approcher` is false, closer or unfolded when others hide it.
     *  `marges`: pixels covered by the card. */
    choisir(id, marges = { droite: 0, bas: 0 }, approcher = true) {
      const rang = rangs.get(id);
      choisi = rang === undefined || !retenus.includes(rang) ? null : rang;
      if (choisi === null) return marquer();
      const lieu = L.latLng(points.lat[rang], points.lon[rang]);
      const seul = (zoom) => groupeDe(rang, zoom).membres.length === 1;
      let zoom = carte.getZoom();
      if (!approcher || deplie?.parRang.has(rang) || seul(zoom)) {
        carte.panInside(lieu, {
          paddingTopLeft: [40, 40],
          paddingBottomRight: [40 + marges.droite, 40 + marges.bas],
          animate: !calme(),
        });
        return marquer();
      }
      while (zoom < carte.getMaxZoom() && !seul(zoom)) zoom = Math.min(Math.floor(zoom) + 1, carte.getMaxZoom());
      const depli = () => {
        if (choisi === rang && !seul(carte.getZoom())) deplier(groupeDe(rang, carte.getZoom()));
      };
      if (zoom === carte.getZoom()) depli();
      else carte.once("moveend", depli);
      const centre = carte.project(lieu, zoom).add([marges.droite / 2, marges.bas / 2]);
      carte.setView(carte.unproject(centre, zoom), zoom, { animate: !calme() });
      return marquer();
    },
    /** Show which symbol, or which number, a line of the list speaks of. */
    survoler(id) {
      survole = rangs.get(id) ?? null;
      marquer();
    },
    /** Mark one (or the number that holds it) without moving the map. */
    designer(id) {
      choisi = rangs.get(id) ?? null;
      marquer();
    },
    oublier() {
      choisi = null;
      marquer();
    },
    /** What the symbols cover, in pixels of the container: [left, top, right, bottom] each. */
    boites() {
      return [...montres.values()].map(({ groupe, repere }) => {
        const { x, y } = carte.latLngToContainerPoint(endroit(groupe));
        const [large, haut] = repere.options.icon.options.iconSize.map((cote) => cote / 2 + BORD);
        return [x - large, y - haut, x + large, y + haut];
      });
    },
    /** Structures that the map holds now, whatever the view. */
    get nombre() {
      return retenus.length;
    },
  };
}

function icone(adresse) {
  return L.icon({
    iconUrl: adresse,
    iconSize: [TAILLE, TAILLE],
    iconAnchor: [TAILLE / 2, TAILLE / 2],
    className: "carte-repere",
  });
}

function ecrireTotal(comptes) {
  const nombre = [...comptes.values()].reduce((somme, n) => somme + n, 0);
  const taille = nombre < 10 ? 34 : nombre < 100 ? 40 : 48;
  const texte = document.createElement("span");
  texte.textContent = nombre;
  return L.divIcon({ html: texte, className: "carte-grappe", iconSize: [taille, taille] });
}

function bulle({ nom, type_libelle: type, commune, famille }, familles) {
  const boite = document.createElement("span");
  const titre = document.createElement("strong");
  titre.textContent = nom ?? familles[famille] ?? "";
  boite.append(titre);
  if (nom) boite.append(document.createElement("br"), `${type}, ${commune}`);
  return boite;
}
