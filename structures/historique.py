"""Where each field of a sheet comes from, and who changed what: for those who keep it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from socle.templatetags.typographie import jour, nombre
from structures.models import QUALITES, Organisme, Public, Structure
from structures.referentiel import PRECISIONS, TYPES
from structures.sections import LIBELLES, Section
from structures.territoires.models import Commune

PAR_PAGE = 20
COLONNES = {"commune": "commune_id", "organisme": "organisme_id"}
# Followed in the history; the point and the internal marks are not shown field by field.
SUIVIS = (
    "nom", "type", "precision", "finess", "siret", "uai", "safir", "organisme", "adresse", "code_postal", "commune",
    "capacite", "telephone", "courriel", "site_web", "contact_fonction", "contact_nom", "contact_nom_public",
)  # fmt: skip
# A person's name is not repeated where it can't be withdrawn.
SANS_VALEUR = {"contact_nom"}


# --- where a field comes from ----------------------------------------------------------------


def mots_de_source(provenance: dict[str, Any]) -> str:
    """« source : FINESS, 8 janvier 2026 », « corrigé par la direction le 3 mars 2026 »; empty when unknown."""
    source, le = str(provenance.get("source", "")), _jour(provenance.get("le"))
    if source == "structure":
        qui = QUALITES.get(str(provenance.get("en", "")), "la structure")
        return f"corrigé par {qui} le {le}" if le else f"corrigé par {qui}"
    if not source:
        return ""
    libelle = dict(Structure.Source.choices).get(source, source)
    return f"source\u00a0: {libelle}, {le}" if le else f"source\u00a0: {libelle}"


def _jour(brut: Any) -> str:
    try:
        return jour(date.fromisoformat(str(brut)[:10]))
    except ValueError:
        return ""


def sources(structure: Structure, section: Section) -> list[tuple[str, str]]:
    """(field, where it comes from) of the fields of a section that are known to come from somewhere."""
    lignes = []
    for nom in section.champs:
        provenance = structure.provenance.get(COLONNES.get(nom, nom)) if nom in LIBELLES else None
        mots = mots_de_source(provenance) if isinstance(provenance, dict) else ""
        if mots:
            lignes.append((LIBELLES[nom], mots))
    return lignes


# --- who changed what ------------------------------------------------------------------------


@dataclass(frozen=True)
class Changement:
    """One dated change of the sheet, field by field: (label, before, after)."""

    le: datetime
    par: str
    en: str
    quoi: str
    champs: list[tuple[str, str, str]]


def changements(structure: Structure, avant: int | None = None) -> tuple[list[Changement], int | None]:
    """Changes of a sheet, latest first, and where the next page begins. A constant number of queries."""
    lignes = structure.history.order_by("-history_id").select_related("history_user")
    if avant is not None:
        lignes = lignes.filter(history_id__lt=avant)
    # One more: the state before the last one shown.
    page = list(lignes[: PAR_PAGE + 1])
    noms = _noms(page)
    trouves = [
        changement
        for rang, ligne in enumerate(page[:PAR_PAGE])
        if (changement := _changement(ligne, page[rang + 1] if rang + 1 < len(page) else None, noms))
    ]
    return trouves, page[PAR_PAGE - 1].history_id if len(page) > PAR_PAGE else None


def _noms(lignes: Sequence[Any]) -> dict[str, dict[Any, str]]:
    """Names of the communes, organisations and publics that these lines hold."""
    communes = {ligne.commune_id for ligne in lignes}
    organismes = {ligne.organisme_id for ligne in lignes if ligne.organisme_id}
    return {
        "commune": dict(Commune.objects.filter(pk__in=communes).values_list("pk", "nom")),
        "organisme": dict(Organisme.objects.filter(pk__in=organismes).values_list("pk", "nom")),
        "publics": dict(Public.objects.values_list("slug", "libelle")),
    }


def _changement(ligne: Any, avant: Any, noms: dict[str, dict[Any, str]]) -> Changement | None:
    if avant is None:
        return (
            Changement(ligne.history_date, *_auteur(ligne), "Fiche créée", []) if ligne.history_type == "+" else None
        )
    champs = [
        (LIBELLES[nom], *_valeurs(nom, avant, ligne, noms))
        for nom in SUIVIS
        if getattr(avant, COLONNES.get(nom, nom)) != getattr(ligne, COLONNES.get(nom, nom))
    ]
    if (avant.lat, avant.lon) != (ligne.lat, ligne.lon):
        champs.append(("Point sur la carte", _point(avant), _point(ligne)))
    publics = ligne.provenance.get("publics")
    if publics and publics != avant.provenance.get("publics"):
        champs.append((LIBELLES["publics"], _publics(avant, noms), _publics(ligne, noms)))
    motif = (ligne.provenance.get("fermee_le") or {}).get("motif") if ligne.fermee_le != avant.fermee_le else ""
    if motif:
        champs.append(("Motif", "", str(motif)))
    quoi = _quoi(ligne, avant, bool(champs))
    return Changement(ligne.history_date, *_auteur(ligne), quoi, champs) if quoi else None


def _quoi(ligne: Any, avant: Any, change: bool) -> str:
    if ligne.fermee_le != avant.fermee_le:
        return "Structure fermée" if ligne.fermee_le else "Structure rouverte"
    confirmee = ligne.confirme_le != avant.confirme_le and ligne.confirme_le is not None
    if change:
        return "Fiche corrigée et confirmée" if confirmee else "Fiche corrigée"
    return "Fiche confirmée" if confirmee else ""


def _auteur(ligne: Any) -> tuple[str, str]:
    """(who, as whom)."""
    if ligne.history_user is None:
        return (ligne.history_change_reason or "Mise à jour par un import"), ""
    en = ligne.confirme_en if ligne.confirme_par_id == ligne.history_user_id else ""
    return str(ligne.history_user), QUALITES.get(en, "")


def _valeurs(nom: str, avant: Any, apres: Any, noms: dict[str, dict[Any, str]]) -> tuple[str, str]:
    if nom in SANS_VALEUR:
        return ("", "modifié" if getattr(apres, nom) else "retiré")
    return _mots(nom, avant, noms), _mots(nom, apres, noms)


def _mots(nom: str, ligne: Any, noms: dict[str, dict[Any, str]]) -> str:
    valeur = getattr(ligne, COLONNES.get(nom, nom))
    if valeur in (None, ""):
        return ""
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if nom in noms:
        return noms[nom].get(valeur, str(valeur))
    if nom == "type":
        return TYPES[valeur].libelle if valeur in TYPES else str(valeur)
    if nom == "precision":
        return PRECISIONS.get(ligne.type, {}).get(valeur, str(valeur))
    return nombre(valeur) if isinstance(valeur, int) else str(valeur)


def _point(ligne: Any) -> str:
    if ligne.lat is None:
        return ""
    if ligne.point_approche:
        return "centre de la commune"
    return f"{ligne.lat:.5f} ; {ligne.lon:.5f}".replace(".", ",").replace(" ;", "\u00a0;")


def _publics(ligne: Any, noms: dict[str, dict[Any, str]]) -> str:
    slugs = (ligne.provenance.get("publics") or {}).get("valeurs", [])
    return ", ".join(noms["publics"].get(slug, slug) for slug in slugs)
