"""The figures of the steering boards: per bassin, in a constant number of queries."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count
from django.urls import reverse

from fiches_action.conventions.models import Convention
from fiches_action.models import Etat as EtatFiche
from fiches_action.models import FicheAction
from offres.comptage import delaisses
from offres.models import Besoin, Offre, Reponse
from socle.recherche import normaliser
from socle.templatetags.typographie import pluriel
from structures.models import Structure
from structures.territoires.models import Bassin

# How the states are read together by a steering committee (domaine.md §6.4).
FICHES = (
    ("preparation", "En préparation", (EtatFiche.BROUILLON, EtatFiche.A_COMPLETER)),
    ("proposees", "Proposées", (EtatFiche.PROPOSEE,)),
    ("validees", "Validées", (EtatFiche.VALIDEE,)),
    ("en_cours", "En cours", (EtatFiche.EN_COURS, EtatFiche.SUSPENDUE)),
    ("closes", "Closes", (EtatFiche.TERMINEE, EtatFiche.ABANDONNEE)),
)
CONVENTIONS = (
    ("preparation", "En préparation", ("brouillon", "en_relecture", "prete_a_signer")),
    ("signature", "En signature", ("en_signature", "signee")),
    ("signees", "Signées", ("scellee", "signee_hors_plateforme")),
    ("arretees", "Arrêtées", ("refusee", "annulee", "resiliee")),
)
Groupes = tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Part:
    """One group of states: its word and its number."""

    cle: str
    libelle: str
    nombre: int


def _parts(groupes: Groupes, comptes: dict[str, int]) -> list[Part]:
    return [Part(cle, libelle, sum(comptes.get(etat, 0) for etat in etats)) for cle, libelle, etats in groupes]


@dataclass(frozen=True)
class Ligne:
    """What happens in one bassin (or in all of them)."""

    nom: str
    code: str = ""
    structures: int = 0
    invitees: int = 0
    soumises: int = 0
    offres: int = 0
    besoins: int = 0
    fiches: list[Part] = field(default_factory=list)
    conventions: list[Part] = field(default_factory=list)

    @property
    def taux(self) -> float | None:
        """Response rate, 0–100; None when nobody was asked."""
        return 100 * self.soumises / self.invitees if self.invitees else None

    @property
    def total_fiches(self) -> int:
        return sum(part.nombre for part in self.fiches)

    @property
    def total_conventions(self) -> int:
        return sum(part.nombre for part in self.conventions)


def lignes_par_bassin() -> list[Ligne]:
    """One line per bassin of the région, by name. Six queries, whatever the number of rows."""
    structures: dict[str | None, int] = dict(
        Structure.objects.ouvertes()
        .order_by()
        .values_list("commune__bassin_id")
        .annotate(n=Count("pk"))
        .values_list("commune__bassin_id", "n")
    )
    taux = Reponse.objects.taux_par_bassin()
    offres = Offre.objects.publiees().compte_par_bassin()
    besoins = Besoin.objects.publiees().compte_par_bassin()
    fiches = FicheAction.objects.compte_par_bassin_et_etat()
    conventions = Convention.objects.compte_par_bassin_et_etat()
    lignes = []
    for bassin in sorted(Bassin.objects.de_la_region(), key=lambda b: normaliser(b.nom)):
        reponses = taux.get(bassin.code)
        lignes.append(
            Ligne(
                nom=bassin.nom,
                code=bassin.code,
                structures=structures.get(bassin.code, 0),
                invitees=reponses.invitees if reponses else 0,
                soumises=reponses.soumises if reponses else 0,
                offres=offres.get(bassin.code, 0),
                besoins=besoins.get(bassin.code, 0),
                fiches=_parts(FICHES, fiches.get(bassin.code, {})),
                conventions=_parts(CONVENTIONS, conventions.get(bassin.code, {})),
            )
        )
    return lignes


def ensemble(lignes: Iterable[Ligne]) -> Ligne:
    """The région: sums where a thing has one bassin, distinct counts where it may have several."""
    lignes = list(lignes)
    fiches = Counter(FicheAction.objects.compte_par_etat())
    conventions = Counter(dict(Convention.objects.order_by().values_list("etat").annotate(n=Count("pk"))))
    return Ligne(
        nom="Région",
        structures=sum(ligne.structures for ligne in lignes),
        invitees=sum(ligne.invitees for ligne in lignes),
        soumises=sum(ligne.soumises for ligne in lignes),
        offres=sum(ligne.offres for ligne in lignes),
        besoins=sum(ligne.besoins for ligne in lignes),
        fiches=_parts(FICHES, fiches),
        conventions=_parts(CONVENTIONS, conventions),
    )


@dataclass(frozen=True)
class Alerte:
    """What the committee should look at first: a sentence, where to go, whether all is well."""

    titre: str
    detail: str
    url: str = ""
    calme: bool = False


def bassins_sans_reponse(lignes: Iterable[Ligne]) -> list[Ligne]:
    """Bassins that were asked and where nobody has answered yet."""
    return [ligne for ligne in lignes if ligne.invitees and not ligne.soumises]


def alertes(lignes: Iterable[Ligne]) -> list[Alerte]:
    """The three alerts of the committee (domaine.md §6.4), each quiet when there is nothing to say."""
    muets = bassins_sans_reponse(lignes)
    seuls = len(delaisses(Besoin.objects.publiees()))
    finissantes = Convention.objects.a_renouveler().count()
    return [
        Alerte(
            "Bassins sans réponse",
            ", ".join(ligne.nom for ligne in muets) or "Chaque bassin interrogé a répondu au moins une fois.",
            calme=not muets,
        ),
        Alerte(
            "Besoins sans offre",
            f"{pluriel(seuls, 'besoin publié,besoins publiés')} qu’aucune offre n’atteint."
            if seuls
            else "Chaque besoin publié rencontre au moins une offre.",
            url="" if not seuls else f"{reverse('offres:besoins')}?couverture=sans",
            calme=not seuls,
        ),
        Alerte(
            "Conventions à renouveler",
            f"{pluriel(finissantes, 'convention prend fin,conventions prennent fin')} dans les 90 jours."
            if finissantes
            else "Aucune convention ne prend fin dans les 90 jours.",
            url="" if not finissantes else reverse("conventions:liste"),
            calme=not finissantes,
        ),
    ]
