"""What changes the sheet of a structure: typed, in one transaction, without a request."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from structures.comptes.models import Utilisateur
from structures.comptes.notifications import notifier
from structures.models import LigneRappel, Public, Structure
from structures.regles import adhesions_de, coordonne
from structures.sections import Section

# What a new sheet may hold at once.
CHAMPS_SAISIS = (
    "nom", "type", "adresse", "code_postal", "commune", "siret", "finess", "uai", "safir", "contact_fonction",
    "telephone", "courriel",
)  # fmt: skip


class FicheModifiee(Exception):
    """Somebody wrote the same fields while this person was typing: they are told and keep their text."""

    def __init__(self, champs: Sequence[str]) -> None:
        super().__init__(", ".join(champs))
        self.champs = tuple(champs)


def qualite_de(personne: Utilisateur, structure: Structure) -> str:
    """As whom this person keeps the sheet today: a key of `QUALITES` (the nearest to the structure first)."""
    role = adhesions_de(personne).get(structure.pk)
    if role:
        return role
    return "coordination" if coordonne(personne, structure) else "administration"


def _signe(valeur: Any) -> str:
    """A value of a field in a form that compares: the same for « no value » however it is kept."""
    if isinstance(valeur, Model):
        return str(valeur.pk)
    if isinstance(valeur, list | tuple | set | QuerySet):
        return ",".join(sorted(_signe(element) for element in valeur))
    return "" if valeur is None else str(valeur)


def empreintes(
    structure: Structure, groupes: Iterable[Sequence[str]], valeurs: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """A hash of each group of fields (by its first name): as kept, or as they would be with `valeurs`.

    Two people may correct two groups of a section at once, not one.
    """
    voulues = valeurs or {}

    def signe(nom: str) -> str:
        if nom in voulues:
            return _signe(voulues[nom])
        return _signe(structure.publics.all() if nom == "publics" else getattr(structure, _colonne(nom)))

    return {
        groupe[0]: hashlib.sha256(json.dumps([signe(nom) for nom in groupe]).encode()).hexdigest()[:12]
        for groupe in groupes
    }


@transaction.atomic
def corriger(
    structure: Structure,
    champs: Mapping[str, Any],
    par: Utilisateur,
    *,
    confirme: bool = True,
    section: Section | None = None,
    lues: Mapping[str, str] | None = None,
) -> list[str]:
    """Write what a person corrected; those fields are theirs from now on: imports keep them.

    `champs` may hold any field of the sheet and `publics`. `confirme`: the person saw the whole sheet
    and vouches for it. `lues` are the `empreintes` of the section's groups that they had before them:
    what somebody else changed meanwhile and they did not touch stays; raises FicheModifiee when both
    changed the same group. Returns the names of the changed fields.
    """
    structure = _verrouiller(structure)
    valeurs = dict(champs)
    if section is not None and lues is not None:
        valeurs = _sans_ecraser(structure, valeurs, section, lues)
    publics: Sequence[Public] | None = valeurs.pop("publics", None)
    changes = [nom for nom, valeur in valeurs.items() if _signe(getattr(structure, nom)) != _signe(valeur)]
    for nom in changes:
        setattr(structure, nom, valeurs[nom])
    if "commune" in changes and "lat" not in changes:
        # The point was that of another place.
        structure.lat, structure.lon, structure.point_approche = structure.commune.lat, structure.commune.lon, True
    _noter_accord(structure, changes, par)
    en = qualite_de(par, structure)
    for nom in changes:
        structure.provenance[_colonne(nom)] = _provenance(par, en)
    if publics is not None and _signe(publics) != _signe(structure.publics.all()):
        structure.publics.set(publics)
        changes.append("publics")
        # The history keeps rows, not lists: the provenance says what the list became.
        structure.provenance["publics"] = {**_provenance(par, en), "valeurs": sorted(p.slug for p in publics)}
    if structure.alerte_commune and (confirme or {"adresse", "code_postal", "commune"} & set(changes)):
        _repondre_a_l_alerte(structure, par, en)
    if confirme:
        _verifiee(structure, par, en)
    if changes or confirme:
        structure._history_user = par  # type: ignore[attr-defined]
        structure.save()
    return changes


def _sans_ecraser(
    structure: Structure, valeurs: dict[str, Any], section: Section, lues: Mapping[str, str]
) -> dict[str, Any]:
    """The values to write, without what somebody else changed and this person did not."""
    gardees, voulues = empreintes(structure, section.groupes), empreintes(structure, section.groupes, valeurs)
    disputes = []
    for groupe in section.groupes:
        cle = groupe[0]
        if gardees[cle] == lues.get(cle, gardees[cle]):
            continue
        if voulues[cle] not in (lues[cle], gardees[cle]):
            disputes += [nom for nom in groupe if nom in valeurs]
        for nom in groupe:
            valeurs.pop(nom, None)
    if disputes:
        raise FicheModifiee(disputes)
    return valeurs


@transaction.atomic
def creer(structure: Structure, par: Utilisateur) -> Structure:
    """Open a sheet typed by a person: what they wrote is theirs, imports keep it."""
    en = qualite_de(par, structure)
    ecrits = [nom for nom in CHAMPS_SAISIS if getattr(structure, nom)]
    structure.provenance = {_colonne(nom): _provenance(par, en) for nom in ecrits}
    structure._history_user = par  # type: ignore[attr-defined]
    structure.save()
    return structure


def _verrouiller(structure: Structure) -> Structure:
    structure = _lire_verrouillee(structure)
    if not structure.history.exists():
        # Written in bulk: without its first state, nobody would read what this change replaced.
        # Not by whoever asks now: the request's user would be taken for the author.
        structure._history_user = None  # type: ignore[attr-defined]
        Structure.history.bulk_history_create(
            [structure],
            default_date=structure.cree_le,
            default_change_reason=f"source\u00a0: {structure.get_source_display()}",
        )
        del structure._history_user  # type: ignore[attr-defined]
    return structure


def _lire_verrouillee(structure: Structure) -> Structure:
    return Structure.objects.select_for_update(of=("self",)).select_related("commune").get(pk=structure.pk)


def _noter_accord(structure: Structure, changes: Sequence[str], par: Utilisateur) -> None:
    """Who said that the person named agrees, and when; another name needs another agreement."""
    if not structure.contact_nom:
        structure.contact_personne, structure.contact_nom_public = None, False
    if not structure.contact_nom_public:
        structure.contact_consenti_le, structure.contact_consenti_par = None, None
    elif {"contact_nom", "contact_nom_public", "contact_personne"} & set(changes) or not structure.contact_consenti_le:
        structure.contact_consenti_le, structure.contact_consenti_par = timezone.now(), par
        _prevenir_la_personne(structure, par)


def _prevenir_la_personne(structure: Structure, par: Utilisateur) -> None:
    """Somebody else noted their agreement: the person named learns it, and where to withdraw."""
    personne = structure.contact_personne
    if personne is not None and personne.pk != par.pk:
        lien = f"{settings.PCTI_URL}{structure.get_absolute_url()}#contact"
        notifier(
            personne, "structures-contact", "contact_nomme", {"structure": structure, "par": par, "lien": lien},
            objet=f"contact:{structure.pk}",
        )  # fmt: skip


@transaction.atomic
def retirer_nom(structure: Structure, personne: Utilisateur) -> bool:
    """The person named withdraws their agreement: nobody but those who keep the sheet reads it any more.

    Returns False when the sheet names somebody else by now.
    """
    structure = _verrouiller(structure)
    if structure.contact_personne_id != personne.pk:
        return False
    structure.contact_nom, structure.contact_nom_public, structure.contact_personne = "", False, None
    structure.contact_consenti_le, structure.contact_consenti_par = None, None
    structure.provenance["contact_nom"] = _provenance(personne, adhesions_de(personne).get(structure.pk, ""))
    structure._history_user = personne  # type: ignore[attr-defined]
    structure.save()
    return True


@transaction.atomic
def confirmer(structure: Structure, par: Utilisateur) -> None:
    """« Ces informations sont toujours exactes » : the sheet is fresh again, the alert is answered."""
    structure = _verrouiller(structure)
    en = qualite_de(par, structure)
    if structure.alerte_commune:
        _repondre_a_l_alerte(structure, par, en)
    _verifiee(structure, par, en)
    structure._history_user = par  # type: ignore[attr-defined]
    structure.save()


def _verifiee(structure: Structure, par: Utilisateur, en: str) -> None:
    structure.confirme_le, structure.confirme_par, structure.confirme_en = timezone.now(), par, en
    LigneRappel.objects.en_cours().filter(structure=structure).update(close_le=timezone.now(), confirmee=True)


def _repondre_a_l_alerte(structure: Structure, par: Utilisateur, en: str) -> None:
    structure.alerte_commune = ""
    structure.provenance["alerte_commune"] = _provenance(par, en)


# --- open or closed -------------------------------------------------------------------------


@transaction.atomic
def fermer(structure: Structure, par: Utilisateur, motif: str, *, ligne: int | None = None) -> bool:
    """Close a structure today, with its reason in the history; imports then keep it closed.

    `ligne`: the line of an import that proposed it. False when it was closed already.
    """
    structure = _verrouiller(structure)
    if structure.fermee_le is not None:
        return False
    structure.fermee_le = timezone.localdate()
    origine = {**_provenance(par, qualite_de(par, structure)), "motif": motif[:250]}
    structure.provenance["fermee_le"] = origine if ligne is None else {**origine, "ligne": ligne}
    _enregistrer(structure, par, f"fermée\u00a0: {motif}")
    return True


@transaction.atomic
def rouvrir(structure: Structure, par: Utilisateur, motif: str = "") -> bool:
    """Open a closed structure again; imports then keep it open. False when it is open, or merged into another."""
    structure = _verrouiller(structure)
    if structure.fermee_le is None or structure.fusionnee_dans_id is not None:
        return False
    structure.fermee_le = None
    structure.provenance["fermee_le"] = {**_provenance(par, qualite_de(par, structure)), "motif": motif[:250]}
    _enregistrer(structure, par, f"rouverte\u00a0: {motif}" if motif else "rouverte")
    return True


def _enregistrer(structure: Structure, par: Utilisateur, raison: str) -> None:
    """Save, with the reason and the person in the history."""
    structure._change_reason = raison[:100]  # type: ignore[attr-defined]
    structure._history_user = par  # type: ignore[attr-defined]
    structure.save()


def _colonne(nom: str) -> str:
    """Imports name foreign keys by their column."""
    return f"{nom}_id" if nom in ("commune", "organisme", "contact_personne") else nom


def _provenance(par: Utilisateur, en: str) -> dict[str, Any]:
    return {"source": "structure", "le": timezone.localdate().isoformat(), "par": par.pk, "en": en}
