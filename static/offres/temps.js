// Active seconds: the page is shown, and somebody did something in the last minute.

const PAUSE = 60_000;
let dernierGeste = Date.now();
let secondes = 0;

export function commencerACompter() {
  for (const geste of ["pointerdown", "keydown", "scroll", "input"]) {
    window.addEventListener(geste, () => (dernierGeste = Date.now()), { passive: true });
  }
  window.setInterval(() => {
    if (document.visibilityState === "visible" && Date.now() - dernierGeste < PAUSE) secondes += 1;
  }, 1000);
}

// Take what was counted (to send it), or give back what could not be sent.
export function prendreLesSecondes(rendues = 0) {
  if (rendues < 0) {
    secondes -= rendues;
    return 0;
  }
  const prises = secondes;
  secondes = 0;
  return prises;
}
