"""FINESS as a source: the historic extraction (CSV) and the daily flow (JSON) are one list."""

from pathlib import Path

from django.utils import timezone

from structures.imports import lecture_historique, lecture_journalier
from structures.imports.fiche import FichierIllisible, SourceImport
from structures.imports.moteur import Progres, importer
from structures.imports.ouverture import debut_du_fichier
from structures.imports.sources import Entree
from structures.models import Import, Structure

HISTORIQUE = "finess-historique"
JOURNALIER = "finess-journalier"
LISTE = "finess"
# The fields that FINESS fills.
CHAMPS_FINESS = (
    "nom", "type", "finess", "siret", "organisme_id", "adresse", "code_postal", "commune_id", "lat", "lon",
    "point_approche", "telephone", "courriel", "fermee_le", "alerte_commune",
)  # fmt: skip
_LIBELLES = {HISTORIQUE: "FINESS, fichier historique (CSV)", JOURNALIER: "FINESS, flux quotidien (JSON)"}

SOURCES = {
    HISTORIQUE: SourceImport(
        genre=HISTORIQUE,
        libelle=_LIBELLES[HISTORIQUE],
        source=Structure.Source.FINESS,
        lire=lecture_historique.lire,
        liste=LISTE,
        champs=CHAMPS_FINESS,
        complet=True,
    ),
    JOURNALIER: SourceImport(
        genre=JOURNALIER,
        libelle=_LIBELLES[JOURNALIER],
        source=Structure.Source.FINESS,
        lire=lecture_journalier.lire,
        liste=LISTE,
        champs=CHAMPS_FINESS,
        complet=True,
    ),
}


def _est_historique(chemin: Path, debut: bytes) -> bool:
    lignes = debut.removeprefix(b"\xef\xbb\xbf").lstrip().splitlines()
    return any(ligne.startswith((b"finess;", b"structureet;")) for ligne in lignes[:5])


def _est_journalier(chemin: Path, debut: bytes) -> bool:
    """JSON that speaks of legal persons; nothing else claims an unknown JSON, so it comes last."""
    texte = debut.removeprefix(b"\xef\xbb\xbf").lstrip()
    return texte[:1] in (b"{", b"[") and (b'"pmej"' in texte.lower() or b'"ege"' in texte.lower())


ENTREES = (
    Entree(HISTORIQUE, _LIBELLES[HISTORIQUE], _est_historique, lambda _: SOURCES[HISTORIQUE], rang=10),
    Entree(JOURNALIER, _LIBELLES[JOURNALIER], _est_journalier, lambda _: SOURCES[JOURNALIER], rang=10),
)


def importer_finess(
    chemin: Path, *, journal: Import | None = None, essai: bool = False, progres: Progres | None = None
) -> Import:
    """Import a FINESS file of either form. Raises FichierIllisible for anything else (and as `importer`)."""
    try:
        connue = reconnaitre_finess(chemin)
    except FichierIllisible as erreur:
        journal = journal or Import(fichier=chemin.name[:200], essai=essai)
        journal.etat, journal.erreur, journal.fini_le = Import.Etat.ECHOUE, str(erreur), timezone.now()
        journal.save()
        raise
    return importer(chemin, connue, journal=journal, essai=essai, progres=progres)


def reconnaitre_finess(chemin: Path) -> SourceImport:
    """The form of a FINESS file. Raises FichierIllisible for anything else."""
    debut = debut_du_fichier(chemin)
    if _est_historique(chemin, debut):
        return SOURCES[HISTORIQUE]
    if debut.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return SOURCES[JOURNALIER]
    raise FichierIllisible(
        "Ce fichier n’est ni l’extraction historique de FINESS (lignes « structureet;… ») "
        "ni le flux quotidien (JSON) : il n’a pas été lu."
    )
