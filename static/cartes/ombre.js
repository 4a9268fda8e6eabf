// Communes that nobody reaches: hatched, one shape per bassin (thousands of shapes would make each zoom wait), each
// commune told apart under the pointer.

import { hachurer } from "./hachures.js";

/** A layer (not on the map yet) of these communes (GeoJSON with `nom`, `bassin`); surBassin(code, pointed), surClic(code). */
export function creerOmbre(carte, traces, { surBassin, surClic }) {
  carte.createPane("hors");
  const style = { pane: "hors", className: "carte-hors", stroke: false, fillColor: hachurer("hors-atteinte"), fillOpacity: 0.75 };
  const parBassin = new Map();
  for (const trace of traces) {
    const { bassin } = trace.properties;
    if (!parBassin.has(bassin)) parBassin.set(bassin, []);
    parBassin.get(bassin).push({ nom: trace.properties.nom, polygones: polygonesDe(trace.geometry) });
  }
  const calque = L.layerGroup();
  for (const [bassin, communes] of parBassin) {
    const forme = L.polygon(communes.flatMap(({ polygones }) => polygones.map((p) => p.map(retourner))), style);
    const bulle = document.createElement("span");
    forme.bindTooltip(bulle, { sticky: true, className: "carte-bulle" });
    forme.on("mousemove mouseover", ({ latlng }) => {
      const dessous = communes.find(({ polygones }) => polygones.some((p) => contient(p, latlng.lng, latlng.lat)));
      bulle.textContent = dessous ? `${dessous.nom}\u00a0: aucune offre n’atteint cette commune` : "Aucune offre n’atteint cette commune";
    });
    forme.on("mouseover", () => surBassin(bassin, true)).on("mouseout", () => surBassin(bassin, false));
    forme.on("click", () => surClic(bassin));
    calque.addLayer(forme);
  }
  return calque;
}

function polygonesDe({ type, coordinates }) {
  return type === "Polygon" ? [coordinates] : coordinates;
}

function retourner(anneau) {
  return anneau.map(([lon, lat]) => [lat, lon]);
}

/** Whether a polygon (rings of [lon, lat], holes after the first) holds a point: crossings of a line to the east. */
function contient(polygone, lon, lat) {
  let dedans = false;
  for (const anneau of polygone) {
    for (let i = 0, j = anneau.length - 1; i < anneau.length; j = i, i += 1) {
      const [x1, y1] = anneau[i];
      const [x2, y2] = anneau[j];
      if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) dedans = !dedans;
    }
  }
  return dedans;
}
