// One question to the portal about a page of the questionnaire.

const DELAI = 15_000;

export class Portail {
  constructor(url, jeton) {
    this.url = url;
    this.jeton = jeton;
  }

  // The answer, or null when the portal was not reached. Signing in again changed the token: learn it, try once more.
  async demander(options = {}, adresse = this.url, encore = true) {
    try {
      const reponse = await fetch(adresse, {
        ...options,
        headers: { "X-CSRFToken": this.jeton, Accept: "application/json" },
        credentials: "same-origin",
        redirect: "manual",
        // Without it (an old phone), the browser's own patience.
        signal: AbortSignal.timeout?.(DELAI),
      });
      if (reponse.type === "opaqueredirect") return { statut: "session" };
      if (reponse.status >= 500 || reponse.status === 429) return null;
      if (reponse.status === 403 && options.method === "POST" && encore) {
        const fraiche = await this.demander({}, this.url, false);
        if (fraiche?.statut !== 200) return fraiche ?? null;
        this.jeton = fraiche.donnees.csrf;
        return this.demander(options, adresse, false);
      }
      const json = reponse.headers.get("Content-Type")?.startsWith("application/json");
      return { statut: reponse.status, donnees: json ? await reponse.json() : null };
    } catch {
      return null;
    }
  }
}
