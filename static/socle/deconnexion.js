// At sign-out, what this portal kept on the device goes: the next person must not find it.
document.addEventListener("submit", (evenement) => {
  if (!evenement.target.getAttribute("action")?.endsWith("/logout/")) return;
  for (const reserve of [() => localStorage, () => sessionStorage]) {
    try {
      const stockage = reserve();
      for (const cle of Object.keys(stockage)) {
        if (cle.startsWith("pcti:")) stockage.removeItem(cle);
      }
    } catch {
      // Storage is refused: nothing was kept.
    }
  }
});
