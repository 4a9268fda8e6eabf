"""Evidence: append-only acts, chained by hash per agreement, protected by the database itself.

One row: canonical JSON (sorted keys, no spaces, UTF-8) that names the version, the signatory, the
means and the hash of the row before; its own SHA-256 seals it. Personal data (address, IP, browser)
stand in an annex whose salted hash is in the chain: they can be erased without breaking it.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from fiches_action.conventions.models import AnnexePreuve, Convention, Preuve, Signataire, Version

_TABLE = "conventions_preuve"
_MESSAGE = "preuve : ajout seul"
# Also read by migration 0002.
POSER_SQLITE = [
    f"CREATE TRIGGER {_TABLE}_sans_{nom} BEFORE {nom.upper()} ON {_TABLE} BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
    for nom in ("update", "delete")
]
RETIRER_SQLITE = [f"DROP TRIGGER IF EXISTS {_TABLE}_sans_{nom}" for nom in ("update", "delete")]
POSER_POSTGRESQL = [
    f"CREATE OR REPLACE FUNCTION {_TABLE}_refuser() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$",
    f"CREATE TRIGGER {_TABLE}_ajout_seul BEFORE UPDATE OR DELETE ON {_TABLE} "
    f"FOR EACH ROW EXECUTE FUNCTION {_TABLE}_refuser()",
]
RETIRER_POSTGRESQL = [f"DROP TRIGGER IF EXISTS {_TABLE}_ajout_seul ON {_TABLE}"]


@dataclass(frozen=True)
class Acteur:
    """Who does an act, as far as the portal knows; personal data, kept apart from the chain."""

    compte: str = ""
    adresse: str = ""
    ip: str = ""
    agent: str = ""


def canonique(objet: Any) -> str:
    """The one way to write this JSON, so that its hash can be computed again anywhere."""
    return json.dumps(objet, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(texte: str) -> str:
    return hashlib.sha256(texte.encode()).hexdigest()


def consigner(
    convention: Convention,
    acte: str,
    *,
    version: Version | None = None,
    signataire: Signataire | None = None,
    acteur: Acteur | None = None,
    details: dict[str, Any] | None = None,
) -> Preuve:
    """Add an act to the chain. Call it inside the transaction of the act, the agreement's row locked."""
    with transaction.atomic():
        Convention.objects.select_for_update().get(pk=convention.pk)
        derniere = Preuve.objects.filter(convention=convention).order_by("-rang").first()
        rang = derniere.rang + 1 if derniere else 1
        precedent = derniere.empreinte if derniere else ""
        le = timezone.now()
        annexe = canonique({**vars(acteur), "sel": secrets.token_hex(16)}) if acteur else ""
        contenu = canonique(
            {
                "v": 1,
                "acte": acte,
                "convention": convention.reference,
                "rang": rang,
                "le": le.isoformat(timespec="milliseconds"),
                "precedent": precedent,
                **({"version": _de_version(version)} if version else {}),
                **({"signataire": _de_signataire(signataire)} if signataire else {}),
                **({"annexe_sha256": sha256(annexe)} if annexe else {}),
                **({"details": details} if details else {}),
            }
        )
        preuve = Preuve.objects.create(
            convention=convention,
            rang=rang,
            acte=acte,
            contenu=contenu,
            precedent=precedent,
            empreinte=sha256(contenu),
            le=le,
        )
        if annexe:
            AnnexePreuve.objects.create(preuve=preuve, contenu=annexe)
    return preuve


def _de_version(version: Version) -> dict[str, Any]:
    return {"numero": version.numero, "sha256": version.h0, "octets": version.document.octets}


def _de_signataire(signataire: Signataire) -> dict[str, Any]:
    donnees: dict[str, Any] = {
        "id": signataire.pk,
        "nom": signataire.nom,
        "fonction": signataire.fonction,
        "partie": signataire.partie.nom,
        "structure": signataire.partie.structure_id,
        "rang": signataire.rang,
        "qualite": signataire.qualite,
    }
    if signataire.qualite == Signataire.Qualite.DELEGATAIRE:
        le = signataire.delegation_le
        donnees["delegation"] = {"acte": signataire.delegation_acte, "date": le.isoformat() if le else ""}
    return donnees


def ruptures(convention: Convention) -> list[str]:
    """What is wrong in the chain of this agreement, in words; empty when it holds."""
    constats: list[str] = []
    precedent = ""
    for attendu, preuve in enumerate(Preuve.objects.de(convention).select_related("annexe"), start=1):
        nom = f"preuve {preuve.rang} ({preuve.acte})"
        if preuve.rang != attendu:
            constats.append(f"{nom} : il manque la preuve {attendu}")
            attendu = preuve.rang
        if sha256(preuve.contenu) != preuve.empreinte:
            constats.append(f"{nom} : le contenu ne correspond pas à son empreinte")
        lu = json.loads(preuve.contenu)
        if preuve.precedent != precedent or lu.get("precedent") != precedent:
            constats.append(f"{nom} : elle ne suit pas la précédente")
        if (lu.get("rang"), lu.get("acte"), lu.get("convention")) != (preuve.rang, preuve.acte, convention.reference):
            constats.append(f"{nom} : la ligne ne dit pas la même chose que son contenu")
        annexe = getattr(preuve, "annexe", None)
        if annexe is not None and sha256(annexe.contenu) != lu.get("annexe_sha256"):
            constats.append(f"{nom} : l’annexe a changé")
        precedent = preuve.empreinte
    return constats


def tete(convention: Convention) -> str:
    """Hash of the last act; empty for none."""
    derniere = Preuve.objects.filter(convention=convention).order_by("-rang").values_list("empreinte", flat=True)
    return derniere.first() or ""


@contextmanager
def lever_la_protection() -> Iterator[None]:
    """The one documented way to delete evidence: tests and ``demo --remise-a-zero``.

    The triggers are dropped and put back in one transaction: nobody else sees them gone, and
    an error puts everything back.
    """
    sqlite = connection.vendor == "sqlite"
    retirer, poser = (RETIRER_SQLITE, POSER_SQLITE) if sqlite else (RETIRER_POSTGRESQL, POSER_POSTGRESQL)
    with transaction.atomic():
        _executer(retirer)
        yield
        if not sqlite:
            # PostgreSQL refuses to put a trigger back while deferred checks of the same rows wait.
            _executer(["SET CONSTRAINTS ALL IMMEDIATE"])
        _executer(poser)


def _executer(ordres: list[str]) -> None:
    with connection.cursor() as curseur:
        for ordre in ordres:
            curseur.execute(ordre)
