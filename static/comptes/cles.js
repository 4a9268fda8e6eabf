// Passkeys: hands the server's question to the browser, and the browser's answer to the form.
// A form says what it does: data-cle = « ajouter », « entrer » or « confirmer »; data-options is the
// identifier of a JSON block (« entrer » asks the server instead). Its errors go to [data-cle-erreur].

const versOctets = (texte) =>
  Uint8Array.from(atob(texte.replace(/-/g, "+").replace(/_/g, "/")), (lettre) => lettre.charCodeAt(0));

const versTexte = (octets) =>
  btoa(String.fromCharCode(...new Uint8Array(octets)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const descripteurs = (liste = []) => liste.map((cle) => ({ ...cle, id: versOctets(cle.id) }));

function resultat(cle, reponse) {
  return {
    id: cle.id,
    rawId: versTexte(cle.rawId),
    type: cle.type,
    authenticatorAttachment: cle.authenticatorAttachment,
    clientExtensionResults: cle.getClientExtensionResults(),
    response: reponse,
  };
}

async function creer({ publicKey }) {
  const cle = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: versOctets(publicKey.challenge),
      user: { ...publicKey.user, id: versOctets(publicKey.user.id) },
      excludeCredentials: descripteurs(publicKey.excludeCredentials),
    },
  });
  return resultat(cle, {
    clientDataJSON: versTexte(cle.response.clientDataJSON),
    attestationObject: versTexte(cle.response.attestationObject),
    transports: cle.response.getTransports ? cle.response.getTransports() : [],
  });
}

async function demander({ publicKey }) {
  const cle = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: versOctets(publicKey.challenge),
      allowCredentials: descripteurs(publicKey.allowCredentials),
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = cle.response;
  return resultat(cle, {
    clientDataJSON: versTexte(clientDataJSON),
    authenticatorData: versTexte(authenticatorData),
    signature: versTexte(signature),
    userHandle: userHandle ? versTexte(userHandle) : null,
  });
}

async function questions(formulaire) {
  if (formulaire.dataset.options) {
    return JSON.parse(document.getElementById(formulaire.dataset.options).textContent);
  }
  const reponse = await fetch(formulaire.action, { headers: { Accept: "application/json" } });
  if (!reponse.ok) {
    throw new Error("Le portail n’a pas répondu. Patientez une minute, puis recommencez.");
  }
  return reponse.json();
}

function direErreur(formulaire, erreur) {
  const messages = {
    NotAllowedError: "Rien n’a été fait : la demande a été annulée, ou aucune clé d’accès ne convient.",
    InvalidStateError: "Cet appareil a déjà une clé d’accès pour ce compte.",
    SecurityError: "Ce navigateur refuse les clés d’accès à cette adresse.",
    NotSupportedError: "Cet appareil ne sait pas faire de clé d’accès.",
  };
  const zone = formulaire.querySelector("[data-cle-erreur]");
  zone.textContent = messages[erreur.name] || erreur.message;
  zone.className = "fr-error-text";
}

for (const formulaire of document.querySelectorAll("form[data-cle]")) {
  if (!window.PublicKeyCredential) {
    direErreur(formulaire, new Error("Ce navigateur ne connaît pas les clés d’accès."));
    continue;
  }
  for (const cache of formulaire.querySelectorAll("[data-cle-montrer]")) {
    cache.hidden = false;
  }
  formulaire.addEventListener("submit", async (evenement) => {
    evenement.preventDefault();
    try {
      const options = await questions(formulaire);
      const cle =
        formulaire.dataset.cle === "ajouter"
          ? await creer(options.creation_options)
          : await demander(options.request_options);
      formulaire.elements.namedItem("credential").value = JSON.stringify(cle);
      formulaire.submit();
    } catch (erreur) {
      direErreur(formulaire, erreur);
    }
  });
}
