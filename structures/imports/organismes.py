"""The legal person behind each line: found by its FINESS number, its SIREN or its name; made when unknown."""

import re
from collections.abc import Sequence

from structures.imports.fiche import SourceImport
from structures.imports.identite import Retenue
from structures.imports.noms_lisibles import lisible
from structures.models import FINESS_VALIDE, Organisme

Cle = tuple[str, str]


def _cle(retenue: Retenue) -> Cle | None:
    fiche = retenue.fiche
    if re.fullmatch(FINESS_VALIDE, fiche.finess_juridique):
        return ("finess_juridique", fiche.finess_juridique)
    if retenue.numeros.siren:
        return ("siren", retenue.numeros.siren)
    return ("nom", lisible(fiche.organisme)[:200]) if fiche.organisme.strip() else None


def reconnaitre(lot: Sequence[Retenue], source: SourceImport, *, essai: bool) -> dict[int, int | str]:
    """{rank in the lot: identifier of its organisme}; in a trial, « + name » for one that would be made."""
    if "organisme_id" not in source.champs:
        return {}
    par_rang = {rang: cle for rang, r in enumerate(lot) if (cle := _cle(r)) is not None}
    premieres: dict[Cle, Retenue] = {}
    for rang, cle in par_rang.items():
        premieres.setdefault(cle, lot[rang])
    connus = _connus(premieres)
    if not essai:
        _creer({cle: r for cle, r in premieres.items() if cle not in connus}, connus)
        _nommer(premieres, connus)
    return {
        rang: connus[cle].pk if cle in connus else f"+{_nom(cle, premieres[cle])}" for rang, cle in par_rang.items()
    }


def _connus(cles: dict[Cle, Retenue]) -> dict[Cle, Organisme]:
    connus: dict[Cle, Organisme] = {}
    for champ in ("finess_juridique", "siren", "nom"):
        voulus = [valeur for nom, valeur in cles if nom == champ]
        if voulus:
            # Several for one name or one SIREN: the oldest, the same at every import.
            for organisme in Organisme.objects.filter(**{f"{champ}__in": voulus}).order_by("-pk"):
                connus[(champ, getattr(organisme, champ))] = organisme
    return connus


def _creer(cles: dict[Cle, Retenue], connus: dict[Cle, Organisme]) -> None:
    nouveaux = {
        cle: Organisme(
            nom=_nom(cle, retenue)[:200],
            siren=retenue.numeros.siren,
            finess_juridique=cle[1] if cle[0] == "finess_juridique" else None,
        )
        for cle, retenue in cles.items()
    }
    Organisme.objects.bulk_create(nouveaux.values())
    connus |= nouveaux


def _nommer(cles: dict[Cle, Retenue], connus: dict[Cle, Organisme]) -> None:
    """Give its name to a legal person that a former file gave by its number only."""
    renommes = []
    for cle, retenue in cles.items():
        if retenue.fiche.organisme and connus[cle].nom == _sans_nom(cle):
            connus[cle].nom = _nom(cle, retenue)[:200]
            renommes.append(connus[cle])
    if renommes:
        Organisme.objects.bulk_update(renommes, ["nom"])


def _sans_nom(cle: Cle) -> str:
    return f"Entité juridique FINESS {cle[1]}" if cle[0] == "finess_juridique" else f"Entreprise {cle[1]}"


def _nom(cle: Cle, retenue: Retenue) -> str:
    return lisible(retenue.fiche.organisme) or _sans_nom(cle)
