"""Public map data on the wire: written, compressed and named once per change, then sent as they are.

Two memories, in this process and shared (`CACHES["cartes"]`):
- a key → the version of its domains (`battements`) that it was written at, and the SHA-256 of the body;
- a SHA-256 → the body, plain, gzip and Brotli.
So an edit elsewhere writes a body again, finds the same bytes, and answers 304 to who has them. The shared one holds
one body per key: the one before leaves, or a day of edits would fill the server that also carries the tasks.

The ETag is strong: one per encoding. What is sent here is the same for everybody: the view is marked
`@pour_tous`, its request loses its cookies (`cartes.temoins`), and caches may share the answer.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from cartes.battements import version
from cartes.verrou import seul

journal = logging.getLogger(__name__)
RACINE = Path(__file__).resolve().parent.parent
# What writes the bodies: a new version of the portal must not send what the one before wrote.
ECRIVENT = ("cartes", "structures", "offres", "socle", "templates/cartes", "templates/documents", "static/cartes")
# May be kept, but is checked again each time: an edit shows at once, a 304 costs one query.
A_VERIFIER = "public, no-cache"
# The address holds the fingerprint of the content.
IMMUABLE = "public, max-age=31536000, immutable"
GEOJSON = "application/geo+json"
JSON = "application/json"
SVG = "image/svg+xml"
# Bytes kept in this process, all encodings together; what an entry costs besides (key, objects; measured): else
# a million answers of two bytes would take half a gigabyte.
MEMOIRE, ENTREE = 48 * 1024 * 1024, 512
# Seconds that a body waits for somebody to ask for it again.
GARDE = 2 * 24 * 3600
# Brotli by size of the body, in bytes: above each, a level less, which costs much less time (ARCHITECTURE.md).
GROS, ENORME = 300_000, 3_000_000


@dataclass(frozen=True)
class Paquet:
    """A body in its three encodings, and its fingerprint."""

    empreinte: str
    brut: bytes
    gz: bytes
    br: bytes

    @property
    def poids(self) -> int:
        return ENTREE + len(self.brut) + len(self.gz) + len(self.br)

    def sous(self, codage: str) -> bytes:
        """The bytes of an encoding: « », « gzip », « br »."""
        return {"gzip": self.gz, "br": self.br}.get(codage, self.brut)

    def etiquette(self, codage: str) -> str:
        """The strong ETag of these bytes."""
        suffixe = {"gzip": "-gz", "br": "-br"}.get(codage, "")
        return f'"{self.empreinte}{suffixe}"'


def empaqueter(corps: bytes, *, vite: bool = False) -> Paquet:
    """Compress a body for good, or `vite`, for once. Deterministic: gzip without a date."""
    niveau = 4 if vite else 11 if len(corps) <= GROS else 10 if len(corps) <= ENORME else 9
    return Paquet(
        hashlib.sha256(corps).hexdigest()[:24],
        corps,
        gzip.compress(corps, 4 if vite else 9, mtime=0),
        brotli.compress(corps, quality=niveau),
    )


@cache
def code() -> str:
    """Fingerprint of the code and templates that write the bodies, part of every key (20 ms, once per process)."""
    empreinte = hashlib.sha256()
    for dossier in ECRIVENT:
        for fichier in sorted((RACINE / dossier).rglob("*")):
            if fichier.suffix in {".py", ".html", ".css", ".svg", ".csv", ".geojson"}:
                empreinte.update(fichier.name.encode() + fichier.read_bytes())
    return empreinte.hexdigest()[:16]


class _Memoire:
    """The last packets used, bounded in bytes, shared by the threads of a process."""

    def __init__(self) -> None:
        self._verrou = threading.Lock()
        self._paquets: OrderedDict[str, Paquet] = OrderedDict()
        self._poids = 0

    def lire(self, cle: str) -> Paquet | None:
        with self._verrou:
            paquet = self._paquets.get(cle)
            if paquet is not None:
                self._paquets.move_to_end(cle)
            return paquet

    def ecrire(self, cle: str, paquet: Paquet) -> None:
        with self._verrou:
            ancien = self._paquets.pop(cle, None)
            self._poids += paquet.poids - (ancien.poids if ancien else 0)
            self._paquets[cle] = paquet
            while self._poids > MEMOIRE and len(self._paquets) > 1:
                self._poids -= self._paquets.popitem(last=False)[1].poids

    def vider(self) -> None:
        with self._verrou:
            self._paquets.clear()
            self._poids = 0


_memoire = _Memoire()


def oublier() -> None:
    """Drop everything (tests: a transaction undone takes its version back)."""
    _memoire.vider()
    caches["cartes"].clear()


def paquet(
    cle: str, domaines: Sequence[str], ecrire: Callable[[], bytes], *, commun: bool = True, file: int | None = None
) -> Paquet:
    """The packet of this key as its domains are now; `ecrire` writes the body when they have changed.

    `cle` holds everything that the body depends on besides the tables (address, filters, day).
    One query when nothing has changed. `commun`: of the few keys that everybody asks for. What somebody's
    own words or box chose is kept in this process only: no visitor can fill the shared memory.
    `file`: see `verrou.seul`.
    """
    reglages = f"{settings.PCTI_URL}|{settings.PCTI_REGION}"
    nom, jeton = hashlib.sha256(f"{code()}|{reglages}|{cle}".encode()).hexdigest(), version(domaines)
    ici = hashlib.sha256(f"{nom}|{jeton}".encode()).hexdigest()
    connu = _memoire.lire(ici)
    if connu is not None:
        return connu
    trouve = _deja_ecrit(nom, jeton) if commun else None
    if trouve is None:
        # Whoever asks meanwhile waits, then finds it: a drawing takes seconds.
        with seul(ici, partage=commun, file=file):
            trouve = _memoire.lire(ici) or (_deja_ecrit(nom, jeton) if commun else None)
            if trouve is None:
                trouve = _ecrire_commun(nom, jeton, ecrire) if commun else empaqueter(ecrire(), vite=True)
            _memoire.ecrire(ici, trouve)
    _memoire.ecrire(ici, trouve)
    return trouve


def _deja_ecrit(nom: str, jeton: str) -> Paquet | None:
    ecrit_a, empreinte = _note(nom)
    trouve = _lire(f"p:{empreinte}") if ecrit_a == jeton else None
    return trouve if isinstance(trouve, Paquet) else None


def _ecrire_commun(nom: str, jeton: str, ecrire: Callable[[], bytes]) -> Paquet:
    corps = ecrire()
    nouveau = hashlib.sha256(corps).hexdigest()[:24]
    trouve = _lire(f"p:{nouveau}")
    if not isinstance(trouve, Paquet):
        trouve = empaqueter(corps)
        _garder(f"p:{nouveau}", trouve)
    _, ancien = _note(nom)
    _garder(f"v:{nom}", (jeton, trouve.empreinte))
    if ancien and ancien != trouve.empreinte:
        # Were it another key's too, that one would be written again.
        _jeter(f"p:{ancien}")
    return trouve


def _note(nom: str) -> tuple[str, str]:
    """The version that a key was written at, and the fingerprint of its body."""
    note = _lire(f"v:{nom}")
    return note if isinstance(note, tuple) else ("", "")


# A shared memory that is silent, full or torn (power cut) costs the time to write the body again, never the page.
def _lire(cle: str) -> Any:
    try:
        return caches["cartes"].get(cle)
    except Exception:  # a torn file may raise anything
        journal.warning("mémoire des cartes illisible (%s)", cle, exc_info=True)
        return None


def _garder(cle: str, valeur: object) -> None:
    try:
        caches["cartes"].set(cle, valeur, GARDE)
    except Exception:  # a disk that is full, a server that is down
        journal.warning("mémoire des cartes impossible à écrire (%s)", cle, exc_info=True)


def _jeter(cle: str) -> None:
    try:
        caches["cartes"].delete(cle)
    except Exception:
        journal.warning("mémoire des cartes impossible à vider (%s)", cle, exc_info=True)


def codage_voulu(request: HttpRequest) -> str:
    """The best encoding that the browser accepts: « br », « gzip » or « » (RFC 9110, 12.5.3)."""
    accepte: dict[str, float] = {}
    for morceau in request.headers.get("Accept-Encoding", "").split(","):
        nom, _, parametres = morceau.partition(";")
        poids = re.search(r"q\s*=\s*(\S+)", parametres)
        try:
            accepte[nom.strip().lower()] = float(poids.group(1)) if poids else 1.0
        except ValueError:
            accepte[nom.strip().lower()] = 0.0
    jocker = accepte.get("*", 0.0)
    for codage in ("br", "gzip"):
        if accepte.get(codage, jocker) > 0:
            return codage
    return ""


def _deja_la(request: HttpRequest, contenu: Paquet) -> bool:
    dites = request.headers.get("If-None-Match", "")
    if dites.strip() == "*":
        return True
    connues = {contenu.etiquette(codage) for codage in ("", "gzip", "br")}
    # A proxy that compressed for us may have weakened the tag: for a read, that is enough (RFC 9110, 13.1.2).
    return any(morceau.strip().removeprefix("W/") in connues for morceau in dites.split(","))


def envoyer(
    request: HttpRequest,
    cle: str,
    domaines: Sequence[str],
    ecrire: Callable[[], bytes],
    *,
    genre: str = GEOJSON,
    fichier: str = "",
    commun: bool = True,
    file: int | None = None,
) -> HttpResponse:
    """The answer of a key: see `paquet` and `repondre`."""
    contenu = paquet(cle, domaines, ecrire, commun=commun, file=file)
    return repondre(request, contenu, genre=genre, fichier=fichier)


def repondre(request: HttpRequest, contenu: Paquet, *, genre: str = GEOJSON, fichier: str = "") -> HttpResponse:
    """304 without a body when the browser has these bytes, else the bytes in its encoding.

    Kept for good when the address names the fingerprint (`?v=`), else checked again each time.
    `fichier`: offered under that name rather than shown.
    """
    codage = codage_voulu(request)
    if _deja_la(request, contenu):
        reponse = HttpResponse(status=304)
        del reponse.headers["Content-Type"]
    else:
        corps = contenu.sous(codage)
        reponse = HttpResponse(b"" if request.method == "HEAD" else corps, content_type=genre)
        reponse["Content-Length"] = str(len(corps))
        if codage:
            reponse["Content-Encoding"] = codage
        if fichier:
            reponse["Content-Disposition"] = f'attachment; filename="{fichier}"'
    reponse["ETag"] = contenu.etiquette(codage)
    reponse["Cache-Control"] = IMMUABLE if request.GET.get("v") == contenu.empreinte else A_VERIFIER
    patch_vary_headers(reponse, ["Accept-Encoding"])
    return reponse


def adresse(chemin: str, contenu: Paquet) -> str:
    """The address under which these bytes may be kept for good."""
    return f"{chemin}{'&' if '?' in chemin else '?'}v={contenu.empreinte}"
