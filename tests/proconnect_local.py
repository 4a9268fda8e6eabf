"""A small provider that speaks as ProConnect does: discovery, code, userinfo as a signed JWT, sign-out.

It refuses what ProConnect refuses: an unknown parameter (Y000400), a state or a nonce shorter than
32 characters, a code used twice or older than 30 seconds. ``anomalie`` makes it lie, for the tests.
"""

import base64
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT, SECRET = "pcti-essai", "secret-essai"
PARAMETRES = {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce"}


class ProConnectLocal:
    """``with ProConnectLocal() as p:`` answers at ``p.url`` until the end of the block."""

    def __init__(self, algorithme: str = "RS256") -> None:
        self.algorithme = algorithme
        self.cle: Any = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if algorithme == "RS256"
            else ec.generate_private_key(ec.SECP256R1())
        )
        self.autre_cle = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.identite: dict[str, Any] = {
            "sub": "sub-camille",
            "email": "Camille@Essai.test",
            "email_verified": True,
            "given_name": "Camille",
            "usual_name": "Aubépine",
        }
        self.anomalie = ""
        self.refus: list[str] = []
        self.sorties: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, Any]] = {}
        self.acces: set[str] = set()
        self.serveur = ThreadingHTTPServer(("127.0.0.1", 0), type("Guichet", (_Guichet,), {"fournisseur": self}))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.serveur.server_address[1]}/api/v2"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serveur.serve_forever, daemon=True).start()
        return self

    def __exit__(self, genre: type | None, erreur: BaseException | None, trace: TracebackType | None) -> None:
        self.serveur.shutdown()
        self.serveur.server_close()

    def signer(self, contenu: dict[str, Any]) -> str:
        maintenant = int(time.time())
        complet = {"iss": self.url, "aud": CLIENT, "iat": maintenant, "exp": maintenant + 60, **contenu}
        cle, algorithme = self.cle, self.algorithme
        if self.anomalie == "signature":
            cle, algorithme = self.autre_cle, "RS256"
        elif self.anomalie == "audience":
            complet["aud"] = "quelqu-un-d-autre"
        elif self.anomalie == "emetteur":
            complet["iss"] = "https://ailleurs.test"
        elif self.anomalie == "expire":
            complet["exp"] = maintenant - 120
        elif self.anomalie == "sans_expiration":
            del complet["exp"]
        elif self.anomalie == "hs256":
            cle, algorithme = SECRET * 3, "HS256"
        elif self.anomalie == "sans_signature":
            return jwt.encode(complet, key="", algorithm="none", headers={"kid": "k1"})
        return jwt.encode(complet, cle, algorithm=algorithme, headers={"kid": "k1"})

    def jwks(self) -> dict[str, Any]:
        algorithme = jwt.algorithms.get_default_algorithms()[self.algorithme]
        cle = json.loads(algorithme.to_jwk(self.cle.public_key()))
        return {"keys": [{**cle, "kid": "k1", "use": "sig", "alg": self.algorithme}]}


class _Guichet(BaseHTTPRequestHandler):
    fournisseur: ClassVar[ProConnectLocal]

    def log_message(self, *args: Any) -> None:
        pass

    def _repondre(self, statut: int, corps: str = "", genre: str = "application/json", **entetes: str) -> None:
        octets = corps.encode()
        self.send_response(statut)
        self.send_header("Content-Type", genre)
        self.send_header("Content-Length", str(len(octets)))
        for nom, valeur in entetes.items():
            self.send_header(nom, valeur)
        self.end_headers()
        self.wfile.write(octets)

    def _refuser(self, code: str) -> None:
        self.fournisseur.refus.append(code)
        self._repondre(400, json.dumps({"error": code}))

    def do_GET(self) -> None:
        morceaux = urlsplit(self.path)
        question = {nom: valeurs[0] for nom, valeurs in parse_qs(morceaux.query, keep_blank_values=True).items()}
        match morceaux.path.removeprefix("/api/v2"):
            case "/.well-known/openid-configuration":
                self._repondre(200, json.dumps(self._description()))
            case "/authorize":
                self._autoriser(question)
            case "/userinfo":
                self._dire_qui()
            case "/jwks":
                self._repondre(200, json.dumps(self.fournisseur.jwks()))
            case "/session/end":
                self._finir(question)
            case _:
                self._refuser("introuvable")

    def _description(self) -> dict[str, Any]:
        url = self.fournisseur.url
        return {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "userinfo_endpoint": f"{url}/userinfo",
            "jwks_uri": f"{url}/jwks",
            "end_session_endpoint": f"{url}/session/end",
        }

    def _autoriser(self, question: dict[str, str]) -> None:
        if set(question) != PARAMETRES:
            return self._refuser("Y000400")
        if len(question["state"]) < 32 or len(question["nonce"]) < 32:
            return self._refuser("Y000400 trop court")
        if question["client_id"] != CLIENT or "openid" not in question["scope"].split():
            return self._refuser("client")
        code = secrets.token_urlsafe(16)
        self.fournisseur.codes[code] = {**question, "le": time.time()}
        retour = f"{question['redirect_uri']}?{urlencode({'code': code, 'state': question['state']})}"
        return self._repondre(302, Location=retour)

    def do_POST(self) -> None:
        corps = self.rfile.read(int(self.headers["Content-Length"])).decode()
        question = {nom: valeurs[0] for nom, valeurs in parse_qs(corps).items()}
        demande = self.fournisseur.codes.pop(question.get("code", ""), None)
        if demande is None or time.time() - demande["le"] > 30:
            return self._refuser("invalid_grant")
        if (question.get("client_id"), question.get("client_secret")) != (CLIENT, SECRET):
            return self._refuser("invalid_client")
        if question.get("redirect_uri") != demande["redirect_uri"]:
            return self._refuser("redirect_uri")
        acces = secrets.token_urlsafe(16)
        self.fournisseur.acces.add(acces)
        nonce = "x" * 43 if self.fournisseur.anomalie == "nonce" else demande["nonce"]
        jeton = self.fournisseur.signer({"sub": self.fournisseur.identite["sub"], "nonce": nonce})
        return self._repondre(
            200,
            json.dumps({"access_token": acces, "token_type": "Bearer", "expires_in": 60, "id_token": jeton}),
        )

    def _dire_qui(self) -> None:
        acces = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if acces not in self.fournisseur.acces:
            return self._refuser("invalid_token")
        identite = dict(self.fournisseur.identite)
        if self.fournisseur.anomalie == "autre_personne":
            identite["sub"] = "sub-quelqu-un-d-autre"
        if self.fournisseur.anomalie == "userinfo_en_clair":
            return self._repondre(200, json.dumps(identite))
        return self._repondre(200, self.fournisseur.signer(identite), "application/jwt; charset=utf-8")

    def _finir(self, question: dict[str, str]) -> None:
        if set(question) != {"id_token_hint", "state", "post_logout_redirect_uri"}:
            return self._refuser("Y000400")
        self.fournisseur.sorties.append(question)
        retour = f"{question['post_logout_redirect_uri']}?{urlencode({'state': question['state']})}"
        return self._repondre(302, Location=retour)


def contenu(jeton: str) -> dict[str, Any]:
    """The claims of a token, unverified."""
    corps = jeton.split(".")[1]
    lu: dict[str, Any] = json.loads(base64.urlsafe_b64decode(corps + "=" * (-len(corps) % 4)))
    return lu
