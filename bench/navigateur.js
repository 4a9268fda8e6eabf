// One way of drawing 35,000 points per address: ?vide, ?portail, ?un-a-un. Frames are counted from the first script on.

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

if (maniere === "portail") {
  const { creerReperes } = await import("/static/cartes/reperes.js");
  const symboles = Object.fromEntries(recu.noms.map((nom) => [nom, `/static/cartes/symboles/${nom}.svg`]));
  const reperes = creerReperes(carte, { symboles, familles: {}, surChoix: () => {} });
  reperes.ajouterColonnes(recu);
  reperes.montrer(() => true);
  window.banc.filtrer = (reste) => {
    const depart = performance.now();
    reperes.montrer((id) => id % 4 === reste);
    return performance.now() - depart;
  };
}
if (maniere === "un-a-un") {
  let [lat, lon] = [0, 0];
  for (let i = 0; i < recu.lat.length; i += 1) {
    lat += recu.lat[i];
    lon += recu.lon[i];
    L.marker([lat * recu.pas, lon * recu.pas]).addTo(carte);
  }
}
requestAnimationFrame(() => requestAnimationFrame(() => {
  window.banc.pret = performance.now() - debut;
}));
