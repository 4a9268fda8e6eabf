"""What colours the bassins of the région: each indicator in a constant number of queries.

A visitor sees what is public (structures); offers, needs, answers, sheets and agreements are for
partners who signed in, as everywhere. Nothing here counts persons: no small count to mask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Sum

from cartes import classes
from fiches_action.conventions.etats import SIGNEES
from fiches_action.conventions.models import Convention
from fiches_action.models import Etat as EtatFiche
from fiches_action.models import FicheAction
from offres import tableau
from offres.models import Besoin, Offre, Reponse, Service
from socle.templatetags.typographie import nombre, pluriel
from structures.models import Structure
from structures.territoires.models import Bassin, Commune

FICHES_ENGAGEES = (EtatFiche.VALIDEE, EtatFiche.EN_COURS, EtatFiche.SUSPENDUE, EtatFiche.TERMINEE)
ABSENT = "aucune donnée"


@dataclass(frozen=True)
class Valeur:
    """A bassin's value: a number to class (None: no data), a short label for the map, a sentence for the table."""

    nombre: float | None
    court: str
    phrase: str
    # What stands under the number in the table.
    detail: str = ""

    @property
    def montre(self) -> float | int | None:
        """The number as it is shown: a whole one, or with one decimal (a density). Classes keep the exact one."""
        if self.nombre is None:
            return None
        return round(self.nombre, 1) if "," in self.court else round(self.nombre)


Valeurs = Mapping[str, Valeur]
Calcul = Callable[["Service | None"], Valeurs]


@dataclass(frozen=True)
class Indicateur:
    """One way to colour the map."""

    slug: str
    libelle: str
    colonne: str
    aide: str
    calcul: Calcul
    legende: Callable[[list[float | None]], classes.Legende]
    # What the numbers depend on (`battements`), with the number of structures that stands beside them.
    domaines: tuple[str, ...]
    public: bool = False
    # Whether one service must be chosen, or may be.
    service: str = ""
    # Why a bassin has no number; what to say when none has, or when all are zero.
    absent: str = ABSENT
    rien: str = ""

    @property
    def en_phrase(self) -> str:
        """Its words in the middle of a sentence."""
        return self.libelle[0].lower() + self.libelle[1:]

    def valeur_absente(self) -> Valeur:
        return Valeur(None, "–", self.absent)


def _comptes(comptes: Mapping[str | None, int], formes: str, aucun: str = "aucune") -> dict[str, Valeur]:
    """Every bassin of the région has a value here: none is zero, not « no data »."""
    codes = Bassin.objects.de_la_region().order_by().values_list("code", flat=True)
    return {
        code: Valeur(n, nombre(n), pluriel(n, formes) if n else f"{aucun} {formes.split(',')[0]}")
        for code in codes
        for n in [comptes.get(code, 0)]
    }


def _par_bassin() -> dict[str | None, int]:
    return dict(
        Structure.objects.ouvertes()
        .order_by()
        .values_list("commune__bassin_id")
        .annotate(n=Count("pk"))
        .values_list("commune__bassin_id", "n")
    )


def _structures(_: Service | None) -> Valeurs:
    return _comptes(_par_bassin(), "structure,structures")


def _densite(_: Service | None) -> Valeurs:
    comptes = _par_bassin()
    habitants = (
        Commune.objects.filter(bassin__isnull=False)
        .order_by()
        .values_list("bassin_id")
        .annotate(n=Sum("population"))
        .values_list("bassin_id", "n")
    )
    valeurs = {}
    for code, peuple in habitants:
        if not code or not peuple:
            continue
        taux = round(10_000 * comptes.get(code, 0) / peuple, 1)
        valeurs[code] = Valeur(taux, classes.ecrire(taux, 1), f"{classes.ecrire(taux, 1)} pour 10\u00a0000 habitants")
    return valeurs


def _reponses(_: Service | None) -> Valeurs:
    valeurs = {}
    for code, compte in Reponse.objects.taux_par_bassin().items():
        taux = compte.pour_cent
        if taux is None:
            continue
        invitees = pluriel(compte.invitees, "structure interrogée,structures interrogées")
        rapport = f"{nombre(compte.soumises)} sur {nombre(compte.invitees)}"
        phrase = f"{round(taux)}\u00a0%, {nombre(compte.soumises)} sur {invitees}"
        valeurs[code] = Valeur(taux, f"{round(taux)}\u00a0%", phrase, rapport)
    return valeurs


def _lignes(lignes: object, formes: str, aucun: str = "aucune") -> Callable[[Service | None], Valeurs]:
    def compter(service: Service | None) -> Valeurs:
        retenues = lignes.objects.publiees()  # type: ignore[attr-defined]
        if service is not None:
            retenues = retenues.filter(service=service)
        return _comptes(retenues.compte_par_bassin(), formes, aucun)

    return compter


def _ecart(service: Service | None) -> Valeurs:
    if service is None:
        return {}
    trouvees = tableau.cellules(Offre.objects.publiees(), Besoin.objects.publiees(), [service])
    valeurs = {}
    for (_, code), cellule in trouvees.items():
        if code == tableau.HORS_BASSIN:
            continue
        if cellule.ecart is None:
            valeurs[code] = Valeur(None, "–", cellule.ecart_en_mots.lower())
            continue
        # Less than zero: missing. The table of the offers counts the other way round, for its own sentence.
        ecart = -cellule.ecart
        court = "0" if ecart == 0 else f"{'−' if ecart < 0 else '+'}{nombre(abs(ecart))}"
        # What is told in another unit, or without a number, is on neither side of the gap: said apart.
        reserves = [*cellule.demande.reserves_de("besoin,besoins"), *cellule.offert.reserves_de("offre,offres")]
        libres = pluriel(cellule.offert.reste, "libre,libres")
        detail = "\u00a0; ".join([f"{nombre(cellule.demande.reste)} à trouver, {libres}", *reserves])
        valeurs[code] = Valeur(ecart, court, f"{cellule.ecart_en_mots} ({detail})", detail)
    return valeurs


def _fiches(_: Service | None) -> Valeurs:
    comptes = FicheAction.objects.compte_par_bassin_et_etat()
    engagees: dict[str | None, int] = {
        code: sum(par_etat.get(etat, 0) for etat in FICHES_ENGAGEES) for code, par_etat in comptes.items()
    }
    return _comptes(engagees, "fiche-action,fiches-action")


def _conventions(_: Service | None) -> Valeurs:
    comptes = Convention.objects.compte_par_bassin_et_etat()
    signees: dict[str | None, int] = {
        code: sum(par_etat.get(etat, 0) for etat in SIGNEES) for code, par_etat in comptes.items()
    }
    return _comptes(signees, "convention,conventions")


def _effectifs(valeurs: list[float | None]) -> classes.Legende:
    return classes.sequentielle(valeurs)


INDICATEURS: Mapping[str, Indicateur] = {
    indicateur.slug: indicateur
    for indicateur in (
        Indicateur(
            "structures", "Structures", "Structures", "Structures ouvertes dont la commune est dans le bassin.",
            _structures, _effectifs, ("structures", "territoires"), public=True,
        ),
        Indicateur(
            "densite", "Structures pour 10\u00a0000 habitants", "Pour 10\u00a0000 hab.",
            "Structures ouvertes, rapportées à la population des communes du bassin.",
            _densite, lambda v: classes.sequentielle(v, decimales=1), ("structures", "territoires"), public=True,
        ),
        Indicateur(
            "reponses", "Taux de réponse au questionnaire", "Réponse",
            "Structures qui ont répondu au moins une fois, parmi celles qui ont été interrogées.",
            _reponses, lambda v: classes.taux(), ("structures", "territoires", "reponses"),
            absent="pas encore interrogé",
            rien="Aucune structure n’a encore été interrogée\u00a0: le taux viendra avec la première enquête.",
        ),
        Indicateur(
            "ecart", "Écart entre besoins et offres d’un service", "Écart",
            "Ce qui est encore libre moins ce qui reste à trouver\u00a0: «\u00a0−6\u00a0» dit qu’il en manque 6.",
            _ecart, classes.divergente, ("structures", "territoires", "offres", "reponses"), service="requis",
            absent="rien de demandé",
            rien="Aucun bassin n’a de besoin chiffré de ce service, dans son unité\u00a0: il n’y a rien à comparer.",
        ),
        Indicateur(
            "offres", "Offres publiées", "Offres", "Services que des structures du bassin proposent de partager.",
            _lignes(Offre, "offre,offres"), _effectifs, ("structures", "territoires", "offres"), service="possible",
            rien="Aucune offre n’est encore publiée dans la région.",
        ),
        Indicateur(
            "besoins", "Besoins publiés", "Besoins", "Services que des structures du bassin cherchent.",
            _lignes(Besoin, "besoin,besoins", "aucun"), lambda v: classes.sequentielle(v, zero="aucun"),
            ("structures", "territoires", "offres"), service="possible",
            rien="Aucun besoin n’est encore publié dans la région.",
        ),
        Indicateur(
            "fiches", "Fiches-action engagées", "Fiches-action",
            "Fiches validées, en cours, suspendues ou terminées\u00a0; une fiche de deux bassins compte dans chacun.",
            _fiches, _effectifs, ("structures", "territoires", "fiches"),
            rien="Aucune fiche-action n’est encore validée.",
        ),
        Indicateur(
            "conventions", "Conventions signées", "Conventions",
            "Signées par toutes leurs parties\u00a0; celle d’une fiche de deux bassins compte dans chacun.",
            _conventions, _effectifs, ("structures", "territoires", "fiches", "conventions"),
            rien="Aucune convention n’est encore signée par toutes ses parties.",
        ),
    )
}  # fmt: skip
PAR_DEFAUT = INDICATEURS["structures"]
