// Thousands of structures, drawn on one canvas: columns of numbers in, a grid of counts for the view, symbols and
// circles out. Nothing is made per structure, so a move costs the same with 300 or 35,000 of them.

const CASE = 56;
const CASE_DE_PRES = 22;
// Part of the view drawn around it: a short move shows no empty border.
const MARGE = 0.25;
const ENCRE = "#16324f";
const DERNIER_ZOOM_GROUPE = 13;

/** Columns of `cartes/points.py` → typed arrays; x and y as parts of the world (0 to 1, Web Mercator). */
export function lireColonnes({ pas, noms, familles, id, lat, lon, type }) {
  const nombre = id.length;
  const points = {
    nombre,
    noms,
    id: new Int32Array(nombre),
    lat: new Float64Array(nombre),
    lon: new Float64Array(nombre),
    x: new Float64Array(nombre),
    y: new Float64Array(nombre),
    famille: new Uint8Array(nombre),
  };
  let [numero, latitude, longitude] = [0, 0, 0];
  for (let rang = 0; rang < nombre; rang += 1) {
    numero += id[rang];
    latitude += lat[rang];
    longitude += lon[rang];
    points.id[rang] = numero;
    points.lat[rang] = latitude * pas;
    points.lon[rang] = longitude * pas;
    points.x[rang] = points.lon[rang] / 360 + 0.5;
    points.y[rang] = 0.5 - Math.asinh(Math.tan((points.lat[rang] * Math.PI) / 180)) / (2 * Math.PI);
    points.famille[rang] = familles[type[rang]];
  }
  return points;
}

/**
 * Groups of the points kept in a window (parts of the world): {nombre, x, y, premier}, one per cell of the grid.
 * The grid belongs to the world, not to the window: a group stays where it is while the map moves.
 */
export function grouper(points, garde, fenetre, echelle, cote) {
  const pas = cote / echelle;
  const colonne0 = Math.floor(fenetre.ouest / pas);
  const ligne0 = Math.floor(fenetre.nord / pas);
  const colonnes = Math.floor(fenetre.est / pas) - colonne0 + 1;
  const lignes = Math.floor(fenetre.sud / pas) - ligne0 + 1;
  const taille = colonnes * lignes;
  const compte = new Uint32Array(taille);
  const sommeX = new Float64Array(taille);
  const sommeY = new Float64Array(taille);
  const premier = new Int32Array(taille);
  const { x, y, famille, nombre } = points;
  for (let rang = 0; rang < nombre; rang += 1) {
    if (!garde[famille[rang]]) continue;
    const colonne = Math.floor(x[rang] / pas) - colonne0;
    if (colonne < 0 || colonne >= colonnes) continue;
    const ligne = Math.floor(y[rang] / pas) - ligne0;
    if (ligne < 0 || ligne >= lignes) continue;
    const cellule = ligne * colonnes + colonne;
    if (compte[cellule] === 0) premier[cellule] = rang;
    compte[cellule] += 1;
    sommeX[cellule] += x[rang];
    sommeY[cellule] += y[rang];
  }
  const groupes = [];
  for (let cellule = 0; cellule < taille; cellule += 1) {
    const n = compte[cellule];
    if (n) groupes.push({ nombre: n, x: sommeX[cellule] / n, y: sommeY[cellule] / n, premier: premier[cellule] });
  }
  return groupes;
}

/** How wide a group is drawn (radius in pixels). */
function rayonDe(nombre) {
  return nombre === 1 ? 9 : Math.min(24, 11 + 2.6 * Math.log2(nombre));
}

/** Groups that would cover a bigger one join it; each keeps the first points of the cells it is made of. */
export function joindre(poses) {
  const tenues = [];
  for (const pose of poses.sort((a, b) => b.nombre - a.nombre)) {
    const proche = tenues.find(({ px, py, rayon }) => Math.hypot(px - pose.px, py - pose.py) < (rayon + pose.rayon) * 0.85);
    if (!proche) {
      tenues.push({ ...pose, premiers: [pose.premier] });
      continue;
    }
    proche.nombre += pose.nombre;
    proche.rayon = rayonDe(proche.nombre);
    proche.premiers.push(pose.premier);
  }
  return tenues;
}

/** A Leaflet layer that draws the points. options: couleurs, formes {family: …}, surChoix(ranks, group), surDessin(). */
export function creerCalque(points, { couleurs, formes, surChoix, surDessin = () => {} }) {
  const teintes = points.noms.map((nom) => couleurs[nom]);
  const traces = points.noms.map((nom) => tracer(formes[nom]));
  let garde = new Uint8Array(points.noms.length).fill(1);
  let carte = null;
  let toile = null;
  let poses = [];
  let origine = null;

  const Calque = L.Layer.extend({
    onAdd(sur) {
      carte = sur;
      toile = L.DomUtil.create("canvas", "carte-points leaflet-zoom-hide");
      toile.setAttribute("aria-hidden", "true");
      carte.getPanes().overlayPane.append(toile);
      carte.on("moveend resize viewreset", dessiner);
      carte.on("click", choisir);
      carte.on("mousemove", survoler);
      dessiner();
    },
    onRemove() {
      carte.off("moveend resize viewreset", dessiner).off("click", choisir).off("mousemove", survoler);
      toile.remove();
    },
    /** Show only these families (a set of names; empty: all). */
    filtrer(noms) {
      garde = Uint8Array.from(points.noms, (nom) => (noms.size === 0 || noms.has(nom) ? 1 : 0));
      dessiner();
    },
    /** What the symbols and groups cover, in pixels of the container: [left, top, right, bottom]. */
    boites() {
      const { x, y } = carte.layerPointToContainerPoint(origine);
      return poses.map(({ px, py, rayon }) => [x + px - rayon, y + py - rayon, x + px + rayon, y + py + rayon]);
    },
    /** How many are shown, and the groups on screen (tests, announcements). */
    etat: () => ({ groupes: poses.length, vus: poses.reduce((somme, { nombre }) => somme + nombre, 0) }),
  });

  function dessiner() {
    const taille = carte.getSize();
    const bord = taille.multiplyBy(MARGE).round();
    const zoom = carte.getZoom();
    const echelle = 256 * 2 ** zoom;
    const haut = carte.getPixelBounds().min.subtract(bord);
    const [large, grand] = [taille.x + 2 * bord.x, taille.y + 2 * bord.y];
    const finesse = Math.min(window.devicePixelRatio || 1, 2);
    toile.width = large * finesse;
    toile.height = grand * finesse;
    toile.style.width = `${large}px`;
    toile.style.height = `${grand}px`;
    origine = carte.containerPointToLayerPoint([0, 0]).subtract(bord);
    L.DomUtil.setPosition(toile, origine);
    const cote = zoom > DERNIER_ZOOM_GROUPE ? CASE_DE_PRES : CASE;
    const fenetre = {
      ouest: haut.x / echelle,
      nord: haut.y / echelle,
      est: (haut.x + large) / echelle,
      sud: (haut.y + grand) / echelle,
    };
    const groupes = grouper(points, garde, fenetre, echelle, cote).map((groupe) => ({
      ...groupe,
      px: groupe.x * echelle - haut.x,
      py: groupe.y * echelle - haut.y,
      rayon: rayonDe(groupe.nombre),
    }));
    // From near, one sees each structure, even over its neighbour.
    poses = zoom > DERNIER_ZOOM_GROUPE ? groupes.map((pose) => ({ ...pose, premiers: [pose.premier] })) : joindre(groupes);
    peindre(toile.getContext("2d"), finesse, large, grand);
    surDessin();
  }

  function peindre(pinceau, finesse, large, grand) {
    pinceau.setTransform(finesse, 0, 0, finesse, 0, 0);
    pinceau.clearRect(0, 0, large, grand);
    pinceau.textAlign = "center";
    pinceau.textBaseline = "middle";
    pinceau.font = "600 12px system-ui, sans-serif";
    for (const { nombre, px, py, rayon, premier } of poses) {
      pinceau.setTransform(finesse, 0, 0, finesse, px * finesse, py * finesse);
      pinceau.strokeStyle = "#fff";
      if (nombre === 1) {
        pinceau.lineWidth = 1.5;
        pinceau.fillStyle = teintes[points.famille[premier]];
        const trace = traces[points.famille[premier]];
        pinceau.fill(trace, "evenodd");
        pinceau.stroke(trace);
        continue;
      }
      pinceau.beginPath();
      pinceau.arc(0, 0, rayon, 0, 2 * Math.PI);
      pinceau.fillStyle = ENCRE;
      pinceau.fill();
      pinceau.lineWidth = 2;
      pinceau.stroke();
      pinceau.fillStyle = "#fff";
      pinceau.fillText(nombre < 10_000 ? String(nombre) : `${Math.round(nombre / 1000)}k`, 0, 0.5);
    }
  }

  function sous({ layerPoint }) {
    const { x, y } = layerPoint.subtract(origine);
    let trouve = null;
    let proche = Infinity;
    for (const pose of poses) {
      const distance = Math.hypot(pose.px - x, pose.py - y);
      if (distance <= pose.rayon + 4 && distance < proche) [trouve, proche] = [pose, distance];
    }
    return trouve;
  }

  function survoler(evenement) {
    carte.getContainer().classList.toggle("carte--survol", sous(evenement) !== null);
  }

  function choisir(evenement) {
    const pose = sous(evenement);
    if (!pose) return;
    const echelle = 256 * 2 ** carte.getZoom();
    const pas = (carte.getZoom() > DERNIER_ZOOM_GROUPE ? CASE_DE_PRES : CASE) / echelle;
    const cellule = (rang) => `${Math.floor(points.x[rang] / pas)} ${Math.floor(points.y[rang] / pas)}`;
    const siennes = new Set(pose.premiers.map(cellule));
    const rangs = [];
    for (let rang = 0; rang < points.nombre; rang += 1) {
      if (garde[points.famille[rang]] && siennes.has(cellule(rang))) rangs.push(rang);
    }
    surChoix(rangs, pose);
  }

  return new Calque();
}

/** The shapes of the families (structures/territoires/dessin.py), about 16 pixels wide. */
function tracer(forme) {
  const trace = new Path2D();
  const polygone = (sommets, rayon, depart = -90, decalage = 0) =>
    Array.from({ length: sommets }, (_, rang) => {
      const angle = ((depart + (360 * rang) / sommets) * Math.PI) / 180;
      return [rayon * Math.cos(angle), rayon * Math.sin(angle) + decalage];
    });
  const lier = (sommets) => {
    sommets.forEach(([x, y], rang) => (rang ? trace.lineTo(x, y) : trace.moveTo(x, y)));
    trace.closePath();
    return trace;
  };
  const r = 8;
  switch (forme) {
    case "carre": return lier(polygone(4, r * 1.18, -45));
    case "losange": return lier(polygone(4, r * 1.15));
    case "triangle": return lier(polygone(3, r * 1.15, -90, r * 0.15));
    case "hexagone": return lier(polygone(6, r * 1.05));
    case "pentagone": return lier(polygone(5, r * 1.08));
    case "etoile": {
      const pointes = polygone(5, r * 1.1);
      const creux = polygone(5, r * 0.5, -54);
      return lier(pointes.flatMap((pointe, rang) => [pointe, creux[rang]]));
    }
    case "croix": {
      const [b, c] = [r * 0.36, r * 0.98];
      return lier([[b, -c], [b, -b], [c, -b], [c, b], [b, b], [b, c], [-b, c], [-b, b], [-c, b], [-c, -b], [-b, -b], [-b, -c]]);
    }
    case "anneau":
      trace.arc(0, 0, r, 0, 2 * Math.PI);
      trace.moveTo(r * 0.45, 0);
      trace.arc(0, 0, r * 0.45, 0, 2 * Math.PI);
      return trace;
    default:
      trace.arc(0, 0, r, 0, 2 * Math.PI);
      return trace;
  }
}
