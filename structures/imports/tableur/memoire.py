"""What is remembered of each list: written when a mapping is confirmed, renamed or forgotten by people."""

from typing import Any

from django.db import transaction

from structures.comptes.models import Utilisateur
from structures.imports.tableur.analyse import Analyse
from structures.imports.tableur.plan import Plan
from structures.models import Correspondance, Ecart, Identifiant, Import, Structure

_LOT = 500


class NomPris(Exception):
    """Another remembered list bears this name; the message is for the person."""


@transaction.atomic
def retenir(plan: Plan, analyse: Analyse, par: Utilisateur | None) -> Correspondance:
    """Remember how this list is read: one row per list, whatever its vintages."""
    valeurs: dict[str, Any] = {
        "format": plan.forme,
        "empreinte": analyse.empreinte,
        "entetes": analyse.entetes,
        "feuille": plan.feuille[:120],
        "ligne_entete": plan.ligne_entete,
        "colonnes": dict(plan.colonnes),
        "types": {cle: list(dit) for cle, dit in plan.types.items()},
        "type_constant": plan.type_constant,
        "complete": plan.complete,
        "origine": plan.origine,
        "par": par,
    }
    connue = Correspondance.objects.filter(liste__iexact=plan.liste).first()
    if connue is None:
        return Correspondance.objects.create(liste=plan.liste, **valeurs)
    for nom, valeur in valeurs.items():
        setattr(connue, nom, valeur)
    connue.save()
    return connue


@transaction.atomic
def renommer(correspondance: Correspondance, nom: str) -> None:
    """Give a list another name; what it said of structures follows. Raises NomPris."""
    ancien, nouveau = correspondance.liste, " ".join(nom.split())[:120]
    if nouveau == ancien:
        return
    if Correspondance.objects.filter(liste__iexact=nouveau).exclude(pk=correspondance.pk).exists():
        raise NomPris(f"Une autre liste s’appelle déjà «\u00a0{nouveau}\u00a0».")
    if nouveau.lower() != ancien.lower() and Identifiant.objects.filter(liste=nouveau).exists():
        raise NomPris(f"Le nom «\u00a0{nouveau}\u00a0» a déjà servi à une autre liste\u00a0: choisissez-en un autre.")
    _dans_les_provenances(ancien, nouveau)
    Identifiant.objects.filter(liste=ancien).update(liste=nouveau)
    Ecart.objects.filter(liste=ancien).update(liste=nouveau)
    Import.objects.filter(liste=ancien).update(liste=nouveau)
    correspondance.liste = nouveau
    correspondance.save(update_fields=["liste", "modifie_le"])


def _dans_les_provenances(ancien: str, nouveau: str) -> None:
    """Which list gave each field: the right to update it hangs on that name."""
    a_ecrire: list[Structure] = []
    concernees = Structure.objects.filter(identifiants__liste=ancien).only("provenance")
    for structure in concernees.iterator(chunk_size=_LOT):
        for dite in structure.provenance.values():
            if isinstance(dite, dict) and dite.get("liste") == ancien:
                dite["liste"] = nouveau
        a_ecrire.append(structure)
    Structure.objects.bulk_update(a_ecrire, ["provenance"], batch_size=_LOT)


def oublier(correspondance: Correspondance) -> None:
    """Forget how a list is read. The structures stay, and so do the names of their lines in it."""
    correspondance.delete()
