"""What changes the sheet of a structure: typed, in one transaction, without a request."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from structures.comptes.models import Utilisateur
from structures.models import LigneRappel, Public, Structure
from structures.regles import adhesions_de, coordonne


class FicheModifiee(Exception):
    """Somebody wrote the same fields while this person was typing: they are told and keep their text."""


def qualite_de(personne: Utilisateur, structure: Structure) -> str:
    """As whom this person keeps the sheet today: a key of `QUALITES` (the nearest to the structure first)."""
    role = adhesions_de(personne).get(structure.pk)
    if role:
        return role
    return "coordination" if coordonne(personne, structure) else "administration"


def empreinte(structure: Structure, champs: Iterable[str]) -> str:
    """What some fields hold now, as a hash: two people may correct two parts of a sheet at once, not one."""
    valeurs = {nom: str(getattr(structure, _colonne(nom))) for nom in champs if nom != "publics"}
    if "publics" in champs:
        valeurs["publics"] = ",".join(sorted(str(pk) for pk in structure.publics.values_list("pk", flat=True)))
    return hashlib.sha256(json.dumps(valeurs, sort_keys=True).encode()).hexdigest()[:20]


@transaction.atomic
def corriger(
    structure: Structure,
    champs: Mapping[str, Any],
    par: Utilisateur,
    *,
    confirme: bool = True,
    lue: str | None = None,
    vus: Sequence[str] = (),
) -> list[str]:
    """Write what a person corrected; those fields are theirs from now on: imports keep them.

    `champs` may hold any field of the sheet and `publics`. `confirme`: the person saw the whole sheet
    and vouches for it. `lue` is the fingerprint of the fields `vus` that they had before them; raises
    FicheModifiee when these changed meanwhile. Returns the names of the changed fields.
    """
    structure = _verrouiller(structure)
    if lue is not None and empreinte(structure, vus) != lue:
        raise FicheModifiee
    valeurs = dict(champs)
    publics: list[Public] | None = valeurs.pop("publics", None)
    changes = [nom for nom, valeur in valeurs.items() if getattr(structure, nom) != valeur]
    for nom in changes:
        setattr(structure, nom, valeurs[nom])
    if "commune" in changes and "lat" not in changes:
        # The point was that of another place.
        structure.lat, structure.lon, structure.point_approche = structure.commune.lat, structure.commune.lon, True
    _noter_accord(structure, changes, par)
    en = qualite_de(par, structure)
    for nom in changes:
        structure.provenance[_colonne(nom)] = _provenance(par, en)
    if publics is not None and {p.pk for p in publics} != set(structure.publics.values_list("pk", flat=True)):
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


def _verrouiller(structure: Structure) -> Structure:
    return Structure.objects.select_for_update(of=("self",)).select_related("commune").get(pk=structure.pk)


def _noter_accord(structure: Structure, changes: Sequence[str], par: Utilisateur) -> None:
    """Who said that the person named agrees, and when; another name needs another agreement."""
    if not structure.contact_nom:
        structure.contact_personne, structure.contact_nom_public = None, False
    if not structure.contact_nom_public:
        structure.contact_consenti_le, structure.contact_consenti_par = None, None
    elif {"contact_nom", "contact_nom_public", "contact_personne"} & set(changes) or not structure.contact_consenti_le:
        structure.contact_consenti_le, structure.contact_consenti_par = timezone.now(), par


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
    structure.provenance["contact_nom"] = _provenance(personne, qualite_de(personne, structure))
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


def _colonne(nom: str) -> str:
    """Imports name foreign keys by their column."""
    return f"{nom}_id" if nom in ("commune", "organisme", "contact_personne") else nom


def _provenance(par: Utilisateur, en: str) -> dict[str, Any]:
    return {"source": "structure", "le": timezone.localdate().isoformat(), "par": par.pk, "en": en}
