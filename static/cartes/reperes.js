// Markers by family (shape and colour), gathered when they are close. Out of the tab order.

import { calme } from "./reglages.js";

const TAILLE = 26;

L.MarkerCluster?.mergeOptions({ keyboard: false });

/** Markers of a GeoJSON collection; `surChoix(id)` answers to a click. */
export function creerReperes(carte, collection, symboles, surChoix) {
  const icones = Object.fromEntries(
    Object.entries(symboles).map(([famille, adresse]) => [famille, icone(adresse)]),
  );
  const grappes = L.markerClusterGroup({
    iconCreateFunction: dessinerGrappe,
    maxClusterRadius: 52,
    showCoverageOnHover: false,
    spiderfyDistanceMultiplier: 1.5,
    animate: !calme(),
  });
  const reperes = new Map();
  for (const { id, geometry, properties } of collection.features) {
    const [lon, lat] = geometry.coordinates;
    const repere = L.marker([lat, lon], {
      icon: icones[properties.famille] ?? icones.autre,
      keyboard: false,
      alt: "",
      riseOnHover: true,
    });
    repere.bindTooltip(() => bulle(properties), { direction: "top", offset: [0, -12], className: "carte-bulle" });
    repere.on("click", () => surChoix(id));
    repere.proprietes = properties;
    reperes.set(id, repere);
  }
  carte.addLayer(grappes);
  let choisi = null;

  const marquer = () => {
    for (const ancien of document.querySelectorAll(".carte-repere--choisi")) {
      ancien.classList.remove("carte-repere--choisi");
    }
    choisi?.getElement()?.classList.add("carte-repere--choisi");
  };
  grappes.on("animationend spiderfied unspiderfied", marquer);
  carte.on("zoomend moveend layeradd", marquer);

  return {
    /** Show those that `garder(properties)` keeps; the map itself is not rebuilt. */
    montrer(garder) {
      grappes.clearLayers();
      grappes.addLayers([...reperes.values()].filter((repere) => garder(repere.proprietes)));
      marquer();
    },
    /** Bring one into view, unfolding the cluster that hides it. `marges`: pixels covered by the card. */
    choisir(id, marges = { droite: 0, bas: 0 }) {
      choisi = reperes.get(id) ?? null;
      marquer();
      if (!choisi || !grappes.hasLayer(choisi)) return;
      const centrer = () =>
        carte.panInside(choisi.getLatLng(), {
          paddingTopLeft: [40, 40],
          paddingBottomRight: [40 + marges.droite, 40 + marges.bas],
          animate: !calme(),
        });
      grappes.zoomToShowLayer(choisi, () =>
        requestAnimationFrame(() => {
          // Without animation, the cluster folds again at the end of the zoom that unfolded it.
          const grappe = choisi && grappes.getVisibleParent(choisi);
          if (grappe && grappe !== choisi) grappe.spiderfy();
          if (choisi) centrer();
          marquer();
        }),
      );
    },
    oublier() {
      choisi = null;
      marquer();
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

function dessinerGrappe(grappe) {
  const nombre = grappe.getChildCount();
  const taille = nombre < 10 ? 36 : nombre < 30 ? 42 : 50;
  const texte = document.createElement("span");
  texte.textContent = nombre;
  return L.divIcon({ html: texte, className: "carte-grappe", iconSize: [taille, taille] });
}

function bulle({ nom, type_libelle: type, commune }) {
  const boite = document.createElement("span");
  const titre = document.createElement("strong");
  titre.textContent = nom;
  boite.append(titre, document.createElement("br"), `${type}, ${commune}`);
  return boite;
}
