// Base map of the portal: our own vector background, no tile server needed.
// Leaflet is the global `L` of django-leaflet. Everything is styled by classes and by Leaflet
// itself (CSSOM), so the strict Content-Security-Policy holds.

const ATTRIBUTION = "Contours : IGN, Insee (Licence Ouverte 2.0)";

const STYLES = {
  terre: { color: "#d3c9b8", weight: 0.5, fillColor: "#ede7db", fillOpacity: 1 },
  departement: { color: "#c2b7a3", weight: 1, fillColor: "#f1ece1", fillOpacity: 1 },
  bassin: { color: "#8c8271", weight: 1.5, fillColor: "#fffdf8", fillOpacity: 1 },
  commune: { color: "#ddd5c8", weight: 0.8, fillColor: "#ffffff", fillOpacity: 0 },
};

/**
 * Create the map in `element`.
 *
 * options (or data attributes of the element):
 *   cadre   [west, south, east, north] in degrees (data-cadre="w,s,e,n", decimal points)
 *   titre   name read by screen readers (data-titre)
 *   tuiles  tile URL of the operator, or nothing (data-tuiles, with data-tuiles-attribution)
 *   zoomMin, zoomMax
 */
export function creerCarte(element, options = {}) {
  const cadre = options.cadre ?? lireCadre(element.dataset.cadre) ?? [-2.2, 48.1, 2.3, 50.2];
  const titre = options.titre ?? element.dataset.titre ?? "Carte";
  element.setAttribute("role", "region");
  element.setAttribute("aria-label", titre);
  const calme = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const carte = L.map(element, {
    zoomControl: false,
    attributionControl: false,
    minZoom: options.zoomMin ?? 6.5,
    maxZoom: options.zoomMax ?? 16,
    zoomSnap: 0.5,
    // The wheel scrolls the page until the map has been chosen (click or Tab).
    scrollWheelZoom: false,
    fadeAnimation: !calme,
    zoomAnimation: !calme,
    markerZoomAnimation: !calme,
    inertia: !calme,
  });
  for (const nom of ["fond", "bassins", "lieux"]) carte.createPane(nom);
  L.control
    .zoom({ zoomInTitle: "Zoomer", zoomOutTitle: "Dézoomer" })
    .addTo(carte);
  L.control.scale({ imperial: false, maxWidth: 120 }).addTo(carte);
  L.control.attribution({ prefix: "Leaflet" }).addTo(carte).addAttribution(ATTRIBUTION);
  carte.on("focus", () => carte.scrollWheelZoom.enable());
  carte.on("blur", () => carte.scrollWheelZoom.disable());
  cadrer(carte, cadre, false);
  // Beyond the land that we draw there is nothing to see.
  carte.setMaxBounds(L.latLngBounds([[cadre[1], cadre[0]], [cadre[3], cadre[2]]]).pad(1.5));
  const tuiles = options.tuiles ?? element.dataset.tuiles;
  if (tuiles) {
    L.tileLayer(tuiles, { maxZoom: 19, attribution: element.dataset.tuilesAttribution ?? "" }).addTo(carte);
    carte.avecTuiles = true;
  }
  return carte;
}

/** Show the box [west, south, east, north]. */
export function cadrer(carte, [ouest, sud, est, nord], anime = true) {
  carte.fitBounds([[sud, ouest], [nord, est]], { padding: [12, 12], animate: anime });
}

/**
 * Add the background. Each source is a URL or the object itself; absent ones are skipped:
 *   fond      land and départements (GeoJSON with property `genre`)
 *   bassins   GeoJSON;  communes  GeoJSON;  lieux  list of {nom, lat, lon, zoom}, biggest first
 * options: styleBassin(feature), surBassin(feature, layer) — bassins answer to the mouse only then.
 * Resolves with the layers added; a source that can't be read is left out and named on the console.
 */
export async function ajouterFond(carte, sources = {}, options = {}) {
  const noms = ["fond", "bassins", "communes", "lieux"];
  const recus = await Promise.all(noms.map((nom) => lire(sources[nom])));
  const donnees = Object.fromEntries(noms.map((nom, rang) => [nom, recus[rang]]));
  const couches = {};
  // Under the tiles: it shows only where a tile is missing or the tile server is down.
  if (donnees.fond) {
    couches.fond = L.geoJSON(donnees.fond, {
      pane: "fond",
      interactive: false,
      style: (trace) => STYLES[trace.properties.genre] ?? STYLES.departement,
    }).addTo(carte);
    // Only once the land is drawn is the rest the sea: a map without its ground would flood the country.
    carte.getContainer().classList.add("fond-mer");
  }
  if (donnees.bassins) {
    const interactif = Boolean(options.surBassin);
    couches.bassins = L.geoJSON(donnees.bassins, {
      pane: "bassins",
      interactive: interactif,
      style: (trace) => ({
        ...STYLES.bassin,
        ...(carte.avecTuiles ? { fillOpacity: 0.15 } : {}),
        ...(options.styleBassin?.(trace) ?? {}),
      }),
      onEachFeature: (trace, couche) => options.surBassin?.(trace, couche),
    }).addTo(carte);
  }
  if (donnees.communes) {
    // Above the bassins' ground, under their borders' answer to the mouse: lines only.
    couches.communes = L.geoJSON(donnees.communes, {
      pane: "bassins",
      interactive: false,
      style: () => STYLES.commune,
    }).addTo(carte);
  }
  if (donnees.lieux) couches.lieux = nommer(carte, donnees.lieux);
  return couches;
}

/**
 * Town names that follow the zoom; one that would cover a bigger town's waits for a closer view.
 *
 * The group returned has `contourner(boites)`: from then on names go beside the boxes that `boites()` gives (symbols,
 * in pixels of the container: [left, top, right, bottom]), or wait for a closer view; and `ecrire()` writes them again.
 */
export function nommer(carte, lieux) {
  const groupe = L.layerGroup().addTo(carte);
  let obstacles = null;
  let coins = null;
  const ecrire = () => {
    const zoom = carte.getZoom();
    const vue = carte.getBounds();
    const symboles = obstacles?.() ?? [];
    coins ??= boitesDesCoins(carte);
    const boites = [...symboles, ...coins];
    const nommes = new Set();
    groupe.clearLayers();
    for (const lieu of lieux) {
      if (lieu.zoom > zoom || !vue.contains([lieu.lat, lieu.lon])) continue;
      const point = carte.latLngToContainerPoint([lieu.lat, lieu.lon]);
      // One name per symbol, that of the biggest town: a second one would be written away from its place.
      const dessus = symboles.find(([g, h, d, b]) => point.x + 4 > g && point.x - 4 < d && point.y + 4 > h && point.y - 4 < b);
      if (nommes.has(dessus)) continue;
      const places = obstacles ? placesAutour(point, lieu, dessus) : [aDroite(point, lieu)];
      const place = places.find(({ boite }) => !boites.some((autre) => chevauche(boite, autre)));
      if (!place) continue;
      if (dessus) nommes.add(dessus);
      boites.push(place.boite);
      groupe.addLayer(etiquette(lieu, place, carte));
    }
  };
  carte.on("resize", () => {
    coins = null;
  });
  carte.on("zoomend moveend", ecrire);
  ecrire();
  groupe.ecrire = ecrire;
  groupe.contourner = (boitesDes) => {
    obstacles = boitesDes;
    // Who draws the symbols calls `ecrire` after each move: once is enough.
    carte.off("zoomend moveend", ecrire);
    ecrire();
  };
  return groupe;
}

// The widest that the scale may become as one zooms.
const ECHELLE = 128;

/** What the scale, the buttons and the origin of the outlines cover; measured when the map changes size only. */
function boitesDesCoins(carte) {
  const bord = carte.getContainer().getBoundingClientRect();
  return [...carte.getContainer().querySelectorAll(".leaflet-control")].flatMap((coin) => {
    const { left, top, width, height } = coin.getBoundingClientRect();
    if (!height) return [];
    const [gauche, haut] = [left - bord.left, top - bord.top];
    const large = coin.matches(".leaflet-control-scale") ? Math.max(width, ECHELLE) : width;
    return [[gauche, haut, gauche + large, haut + height]];
  });
}

const largeurDe = ({ nom, zoom }) => 6 + nom.length * (zoom <= 8 ? 9 : 8);

/** The usual place: a dot, and the name at its right. */
function aDroite({ x, y }, lieu) {
  return { boite: [x - 4, y - 10, x + 8 + largeurDe(lieu), y + 10], classe: "" };
}

/** Where a name may be written, the best first: beside its dot, or around the symbol that hides the dot (`dessus`). */
function placesAutour(point, lieu, dessus) {
  const { x, y } = point;
  const large = largeurDe(lieu);
  if (!dessus) {
    return [
      aDroite(point, lieu),
      { boite: [x - 8 - large, y - 10, x + 4, y + 10], classe: "fond-lieu--gauche" },
    ];
  }
  const [gauche, haut, droite, bas] = dessus;
  const ecrit = (g, h) => ({ boite: [g, h, g + large, h + 18], a: L.point(g + large / 2, h + 9), classe: "fond-lieu--libre" });
  const centre = (gauche + droite - large) / 2;
  const milieu = (haut + bas) / 2 - 9;
  return [ecrit(centre, bas), ecrit(droite, milieu), ecrit(gauche - large, milieu), ecrit(centre, haut - 18)];
}

function etiquette(lieu, { a, classe }, carte) {
  const grand = lieu.zoom <= 8 ? " fond-lieu--grand" : "";
  const texte = document.createElement("span");
  texte.textContent = lieu.nom;
  return L.marker(a ? carte.containerPointToLatLng(a) : [lieu.lat, lieu.lon], {
    pane: "lieux",
    interactive: false,
    keyboard: false,
    icon: L.divIcon({ className: `fond-lieu${grand} ${classe}`.trim(), html: texte, iconSize: null, iconAnchor: [0, 7] }),
  });
}

function chevauche([g, h, d, b], [g2, h2, d2, b2]) {
  return d > g2 && g < d2 && b > h2 && h < b2;
}

async function lire(source) {
  if (!source || typeof source !== "string") return source ?? null;
  try {
    const reponse = await fetch(source, { headers: { Accept: "application/json" } });
    if (!reponse.ok) throw new Error(`${reponse.status}`);
    return await reponse.json();
  } catch (erreur) {
    console.warn(`Fond de carte illisible : ${source} (${erreur.message})`);
    return null;
  }
}

function lireCadre(texte) {
  const bornes = (texte ?? "").split(",").map(Number);
  return bornes.length === 4 && bornes.every(Number.isFinite) && texte ? bornes : null;
}
