// One way of drawing 35,000 points per address: ?vide, ?ensemble, ?bassin, ?un-a-un. Frames are counted from the first script on.

const maniere = location.search.slice(1);
const images = [];
let derniere = performance.now();
const compter = (instant) => {
  images.push(instant - derniere);
  derniere = instant;
  requestAnimationFrame(compter);
};
requestAnimationFrame(compter);
window.banc = {
  /** Frames since the last call, in milliseconds. */
  relever: () => images.splice(0),
};

const recu = maniere === "vide" ? null : await (await fetch("/points.json")).json();
const debut = performance.now();
const carte = L.map("carte", { zoomAnimation: true, maxZoom: 16 }).setView([46.6, 2.4], 6);

if (maniere === "ensemble") {
  const { creerCalque, lireColonnes } = await import("/static/cartes/points.js");
  const couleurs = Object.fromEntries(recu.noms.map((nom) => [nom, "#1f78b4"]));
  const formes = Object.fromEntries(recu.noms.map((nom) => [nom, "carre"]));
  const calque = creerCalque(lireColonnes(recu), { couleurs, formes, surChoix: () => {} }).addTo(carte);
  window.banc.filtrer = (rang) => chronometrer(() => calque.filtrer(new Set([recu.noms[rang]])));
}
if (maniere === "bassin") {
  const { creerReperes } = await import("/static/cartes/reperes.js");
  const symboles = Object.fromEntries(recu.noms.map((nom) => [nom, `/static/cartes/symboles/${nom}.svg`]));
  const reperes = creerReperes(carte, { symboles, familles: {}, surChoix: () => {} });
  const features = lire((id, lat, lon, famille) => ({
    id, geometry: { coordinates: [lon, lat] }, properties: { famille },
  }));
  reperes.ajouter({ features });
  reperes.montrer(() => true);
  window.banc.filtrer = (rang) => chronometrer(() => reperes.montrer((id) => features[id - 1].properties.famille === recu.noms[rang]));
}
if (maniere.startsWith("un-a-un")) {
  const nombre = Number(maniere.split(":")[1]) || recu.lat.length;
  lire((id, lat, lon) => id <= nombre && L.marker([lat, lon]).addTo(carte));
}
window.banc.ajout = performance.now() - debut;
requestAnimationFrame(() => requestAnimationFrame(() => {
  window.banc.pret = performance.now() - debut;
}));

function lire(faire) {
  let [lat, lon] = [0, 0];
  return recu.lat.map((pas, i) => {
    lat += pas;
    lon += recu.lon[i];
    return faire(i + 1, lat * recu.pas, lon * recu.pas, recu.noms[recu.type[i]]);
  });
}

function chronometrer(geste) {
  const depart = performance.now();
  geste();
  return performance.now() - depart;
}
