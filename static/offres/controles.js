// Reading and writing the controls of one group of fields.

const nom = (controle) => controle.getAttribute("name") ?? "";

export function controles(formulaire, unite, description) {
  const siens = description.rangees
    ? (controle) => nom(controle).startsWith(`${unite}-`)
    : (controle) => description.champs.includes(nom(controle));
  return [...formulaire.elements].filter((controle) => nom(controle) && siens(controle));
}

// The group of a control, or nothing (the version, the search of a commune, the buttons).
export function uniteDe(controle, unites) {
  for (const [unite, description] of Object.entries(unites)) {
    if (description.rangees ? nom(controle).startsWith(`${unite}-`) : description.champs.includes(nom(controle))) {
      return unite;
    }
  }
  return null;
}

// [[name, value], …] as the form would send them.
export function couples(formulaire, unite, description) {
  const voulus = [];
  for (const controle of controles(formulaire, unite, description)) {
    if (["checkbox", "radio"].includes(controle.type) && !controle.checked) continue;
    if (controle.tagName === "BUTTON") continue;
    voulus.push([nom(controle), controle.value]);
  }
  return voulus;
}

// A comparable form: empty values left out, order of boxes without effect, hidden counters left out.
export function signature(paires) {
  return paires
    .filter(([cle, valeur]) => valeur.trim() !== "" && !/-(TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS$/.test(cle))
    .map(([cle, valeur]) => `${cle}=${valeur.replaceAll("\r\n", "\n").trim()}`)
    .sort()
    .join("\u0000");
}

// The pairs of what the portal holds: {name: "value" | ["value", …]}.
export function couplesDe(valeurs) {
  return Object.entries(valeurs).flatMap(([cle, valeur]) =>
    Array.isArray(valeur) ? valeur.map((une) => [cle, une]) : [[cle, valeur]],
  );
}

// Put values into the controls. False when the page has no control for one of them (a new row, a commune
// found elsewhere): the person must reload to see it.
export function poser(formulaire, unite, description, paires) {
  const restants = new Map();
  for (const [cle, valeur] of paires) {
    if (valeur !== "") restants.set(cle, [...(restants.get(cle) ?? []), valeur]);
  }
  const presents = controles(formulaire, unite, description).filter((controle) => controle.type !== "hidden");
  const possibles = new Set(presents.map((controle) => `${nom(controle)}`));
  for (const [cle, valeurs] of restants) {
    const choix = presents.filter((controle) => nom(controle) === cle && ["checkbox", "radio"].includes(controle.type));
    if (!possibles.has(cle)) return false;
    if (choix.length && !valeurs.every((valeur) => choix.some((controle) => controle.value === valeur))) return false;
  }
  for (const controle of presents) {
    const valeurs = restants.get(nom(controle)) ?? [];
    if (["checkbox", "radio"].includes(controle.type)) {
      controle.checked = valeurs.includes(controle.value);
    } else if (controle.tagName !== "BUTTON") {
      controle.value = valeurs[0] ?? "";
    }
  }
  // What depends on them (the details of a zone, its map) follows.
  formulaire.dispatchEvent(new CustomEvent("saisie:recue"));
  return true;
}

// Where to write beside the group: in its first field (the next ones may be hidden, as the details of a zone).
export function cadre(formulaire, unite, description) {
  const siens = controles(formulaire, unite, description).filter((controle) => controle.type !== "hidden");
  const premier = siens.find((controle) => controle.name === description.champs[0]) ?? siens[0];
  if (!premier) return null;
  return premier.closest("fieldset.pcti-champ") ?? premier.closest(".pcti-champ");
}

export function libelle(formulaire, unite, description) {
  const premier = controles(formulaire, unite, description).find((controle) => controle.type !== "hidden");
  if (!premier) return unite;
  const legende = premier.closest("fieldset")?.querySelector("legend");
  const texte = (legende ?? premier.labels?.[0])?.textContent ?? unite;
  return texte.replace("(facultatif)", "").replace(/[ \t\r\n]+/g, " ").trim();
}

export function bouton(texte, action) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "fr-btn fr-btn--secondary fr-btn--sm";
  element.textContent = texte;
  element.addEventListener("click", action);
  return element;
}

// What a group holds, for whoever must recognise it: its chosen boxes, else its texts.
export function enMots(formulaire, unite, description, paires) {
  const texte = paires.map(([, valeur]) => valeur).filter((valeur) => valeur.length > 2 || /\d/.test(valeur));
  const choix = controles(formulaire, unite, description)
    .filter((c) => ["radio", "checkbox"].includes(c.type) && paires.some(([n, v]) => n === c.name && v === c.value))
    .map((c) => c.labels?.[0]?.textContent.trim());
  return (choix.length ? choix : texte).join(", ") || "rien";
}

// Tie an error to its controls, for who doesn't see it.
export function marquerFautifs(formulaire, noms, idNote) {
  for (const un of noms) {
    const controle = formulaire.querySelector(`[name="${CSS.escape(un)}"]`);
    if (!controle || ["radio", "checkbox"].includes(controle.type)) continue;
    controle.setAttribute("aria-invalid", "true");
    const decrit = new Set((controle.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
    controle.setAttribute("aria-describedby", [...decrit.add(idNote)].join(" "));
  }
}
