// The address says what is shown: filters, place, position, open card. « Back » undoes each step; moving the map is
// no step, it corrects the address of the current one.

const DELAI = 300;
/** Event of the window: the address says something else. « back » has its own, `popstate`. */
export const CHANGEE = "carte:adresse";

/** `composer()` gives the parameters of what is shown; `restaurer(parametres)` shows what an address says. */
export function suivreAdresse(composer, restaurer) {
  let attente = null;
  let dite = location.search;

  const courante = () => {
    const suite = composer().toString();
    // Commas of a position read better as they are.
    return suite ? `?${suite.replaceAll("%2C", ",")}` : location.pathname;
  };
  const ecrire = (methode) => {
    clearTimeout(attente);
    attente = null;
    const suivante = courante();
    if (new URL(suivante, location.href).href === location.href) return;
    history[methode](null, "", suivante);
    dite = location.search;
    window.dispatchEvent(new Event(CHANGEE));
  };

  window.addEventListener("popstate", () => {
    clearTimeout(attente);
    attente = null;
    // A link inside the page (« #liste ») is no step of the map.
    if (location.search === dite) return;
    dite = location.search;
    restaurer(new URLSearchParams(location.search));
  });

  return {
    /** A new step. */
    avancer: () => ecrire("pushState"),
    /** The same step, said better. */
    corriger: () => ecrire("replaceState"),
    /** The same, once the map rests. */
    corrigerBientot() {
      clearTimeout(attente);
      attente = setTimeout(() => ecrire("replaceState"), DELAI);
    },
  };
}

/** « 49.02410,1.15080,11 » ↔ position of the map; null for anything else. */
export function lireVue(texte) {
  // An empty part would be read as zero, the Gulf of Guinea.
  const [lat, lon, zoom] = (texte ?? "").split(",").map((part) => (part.trim() ? Number(part) : NaN));
  return [lat, lon, zoom].every(Number.isFinite) && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? { lat, lon, zoom } : null;
}

export function direVue(carte) {
  const { lat, lng } = carte.getCenter();
  return `${lat.toFixed(4)},${lng.toFixed(4)},${Math.round(carte.getZoom() * 2) / 2}`;
}
