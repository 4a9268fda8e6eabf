// Points gathered when they would touch on the screen. No map and no page here: columns of numbers in,
// groups out, so that 35,000 points cost about ten milliseconds and only what is seen is drawn.

const MONDE = 256;
// Cells are numbered by row and column; 2^22 columns are enough at zoom 19.
const COLONNES = 2 ** 22;

/** Web Mercator in the unit square (x to the east, y to the south). */
export function projeter(lat, lon) {
  const sinus = Math.sin((lat * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sinus) / (1 - sinus)) / (4 * Math.PI)];
}

/**
 * Groups of the points `retenus` (ranks in the columns x and y, unit square) that lie within `rayon`
 * pixels of a seed at this zoom. Seeds are taken where the crowd is, and lie `rayon` apart at least.
 * Each group: { x, y, membres }, drawn at its middle, but never far from its seed, so that two don't overlap.
 */
export function grouper(x, y, retenus, zoom, rayon) {
  const cote = rayon / (MONDE * 2 ** zoom);
  const cellules = new Float64Array(retenus.length);
  const foule = new Map();
  for (let i = 0; i < retenus.length; i += 1) {
    const cle = Math.floor(x[retenus[i]] / cote) * COLONNES + Math.floor(y[retenus[i]] / cote);
    cellules[i] = cle;
    foule.set(cle, (foule.get(cle) ?? 0) + 1);
  }
  // One number per point, crowded cells first, then the order given: a sort without comparator is the fast one.
  const total = retenus.length;
  const rangs = new Float64Array(total);
  for (let i = 0; i < total; i += 1) rangs[i] = (total - foule.get(cellules[i])) * (total + 1) + i;
  rangs.sort();
  const semees = new Map();
  const groupes = [];
  for (let rang = 0; rang < total; rang += 1) {
    const i = rangs[rang] % (total + 1);
    const point = retenus[i];
    const proche = plusProche(semees, cellules[i], x[point], y[point], cote);
    if (proche) {
      proche.membres.push(point);
      proche.sommeX += x[point];
      proche.sommeY += y[point];
      continue;
    }
    const groupe = { x: x[point], y: y[point], sommeX: x[point], sommeY: y[point], membres: [point] };
    groupes.push(groupe);
    const voisines = semees.get(cellules[i]);
    if (voisines) voisines.push(groupe);
    else semees.set(cellules[i], [groupe]);
  }
  for (const groupe of groupes) centrer(groupe, cote / 5);
  return groupes;
}

function plusProche(semees, cellule, x, y, cote) {
  let meilleur = null;
  let distance = cote * cote;
  for (let colonne = -1; colonne <= 1; colonne += 1) {
    for (let ligne = -1; ligne <= 1; ligne += 1) {
      const groupes = semees.get(cellule + colonne * COLONNES + ligne);
      if (!groupes) continue;
      for (const groupe of groupes) {
        const ecart = (groupe.x - x) ** 2 + (groupe.y - y) ** 2;
        if (ecart <= distance) {
          distance = ecart;
          meilleur = groupe;
        }
      }
    }
  }
  return meilleur;
}

function centrer(groupe, marge) {
  const borner = (ecart) => Math.max(-marge, Math.min(marge, ecart));
  const nombre = groupe.membres.length;
  groupe.x += borner(groupe.sommeX / nombre - groupe.x);
  groupe.y += borner(groupe.sommeY / nombre - groupe.y);
}

/** Places of `nombre` symbols unfolded around a point, in pixels: a circle, or a spiral when they are many. */
export function eventail(nombre) {
  if (nombre <= 9) {
    const rayon = Math.max(34, (nombre * 36) / (2 * Math.PI));
    return Array.from({ length: nombre }, (_, i) => {
      const angle = (2 * Math.PI * i) / nombre - Math.PI / 2;
      return [rayon * Math.cos(angle), rayon * Math.sin(angle)];
    });
  }
  const places = [];
  let angle = 0;
  let rayon = 40;
  for (let i = 0; i < nombre; i += 1) {
    places.push([rayon * Math.cos(angle), rayon * Math.sin(angle)]);
    angle += 34 / rayon;
    rayon += (36 * (34 / rayon)) / (2 * Math.PI);
  }
  return places;
}
