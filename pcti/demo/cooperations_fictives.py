"""Fictive cooperations in every state: what the funnel, the home pages and the pages of a match show. No e-mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

from fiches_action.conventions.etats import SIGNEES
from fiches_action.models import Acteur, FicheAction
from offres.cooperations import REPONSE_ATTENDUE, volume_possible
from offres.etats import PASSAGES
from offres.models import Besoin, EtapeRapprochement, Offre, Rapprochement, Service
from pcti.demo.comptes_fictifs import COMPTES, direction_de
from pcti.demo.textes import APPELLATIONS, PROPOSITIONS
from structures.comptes.models import Utilisateur
from structures.models import Structure

Cote = Rapprochement.Cote


@dataclass(frozen=True)
class Vie:
    """What two structures said to each other: who spoke first, how long ago, then (action, days later, words)."""

    cote: Cote
    jours: int
    message: str
    suite: tuple[tuple[str, int, str], ...] = ()


VIES = (
    Vie(Cote.BESOIN, 4, "Nous aimerions commencer par deux demi-journées de découverte, en petit groupe."),
    Vie(
        Cote.BESOIN, 18, "Nos équipes sont prêtes dès le printemps. Pouvons-nous en parler\u00a0?",
        (("accepter", 3, "Avec plaisir. Voyons-nous pour fixer les dates."),),
    ),
    Vie(Cote.OFFRE, 9, "Nous avons de la place ce trimestre\u00a0: cela vous aiderait-il\u00a0?"),
    Vie(
        Cote.BESOIN, 21, "Votre offre répond exactement à ce que nos équipes demandent.",
        (("decliner", 2, "Nos ateliers sont complets jusqu’à l’été."),),
    ),
    Vie(
        Cote.OFFRE, 40, "Nous pouvons venir dans vos locaux, une demi-journée par mois.",
        (("expirer", 30, ""),),
    ),
    Vie(
        Cote.BESOIN, 27, "Trois personnes pourraient commencer le mois prochain.",
        (("decliner", 5, "Le trajet est trop long pour les personnes que nous accompagnons."),),
    ),
    Vie(Cote.BESOIN, 2, "Deux de nos équipes aimeraient vous rencontrer."),
    Vie(
        Cote.BESOIN, 33, "Pouvons-nous essayer sur un trimestre\u00a0?",
        (
            ("accepter", 4, "Oui, à partir de la rentrée."),
            ("ecarter", 20, "Le poste d’éducateur n’est pas remplacé avant la fin de l’année."),
        ),
    ),
)  # fmt: skip
# What led to a sheet: an agreement first, or a sheet that one side starts and the other confirms.
ACCORD_PUIS_FICHE = (("accepter", 3, "Avec plaisir\u00a0: commençons la fiche ensemble."), ("engager", 8, ""))
FICHE_PUIS_ACCORD = (("engager", 5, ""), ("confirmer", 9, ""))


def creer_cooperations(fiches: list[FicheAction]) -> int:
    """One that led to each sheet, then one per line of VIES; how many. Comes after sheets and agreements."""
    for rang, fiche in enumerate(fiches):
        _creer_depuis(fiche, rang)
    couples = list(islice(_couples(), len(VIES)))
    for vie, (besoin, offre) in zip(VIES, couples, strict=False):
        _vivre(besoin, offre, vie)
    return len(fiches) + len(couples)


def _couples() -> Iterator[tuple[Besoin, Offre]]:
    """Needs and offers that answer them, those of the accounts one tries first; each offering structure once."""
    rangs: dict[int, int] = {}
    for rang, compte in enumerate(COMPTES):
        for pk in Structure.objects.filter(adhesions__utilisateur__email=compte.email).values_list("pk", flat=True):
            rangs.setdefault(pk, rang)
    besoins = Besoin.objects.publiees().filter(rapprochements=None).exclude(service__slug="autre")
    couples: list[tuple[tuple[int, int, float], Besoin, Offre]] = []
    for besoin in besoins.select_related("service", "structure__commune"):
        candidates: Any = Offre.objects.candidates_pour(besoin).select_related("service", "structure__commune")
        for offre in candidates:
            ordre = rangs.get(offre.structure_id, 99), rangs.get(besoin.structure_id, 99), offre.distance_km
            couples.append((ordre, besoin, offre))
    besoins_vus: set[int] = set()
    sollicitees: set[int] = set()
    for _, besoin, offre in sorted(couples, key=lambda couple: (couple[0], couple[1].pk, couple[2].pk)):
        if besoin.pk in besoins_vus or offre.structure_id in sollicitees or volume_possible(besoin, offre) == 0:
            continue
        besoins_vus.add(besoin.pk)
        sollicitees.add(offre.structure_id)
        yield besoin, offre


def _creer_depuis(fiche: FicheAction, rang: int) -> None:
    """The match a sheet came from: a need and an offer of its two first structures, and what they said."""
    partenaire = fiche.acteurs.exclude(role=Acteur.Role.PORTEUR).select_related("structure__commune").order_by("pk")[0]
    service = fiche.services.order_by("ordre")[0]
    demandeuse, offreuse, cote = partenaire.structure, fiche.porteur, Cote.OFFRE
    if {*APPELLATIONS.get(demandeuse.type, ()), "Toutes"} & set(service.offreurs):
        demandeuse, offreuse, cote = offreuse, demandeuse, Cote.BESOIN
    volume = fiche.volume_prevu or 10
    besoin = _ligne(Besoin, demandeuse, service, volume, {"priorite": "haute", "moment_cle": "avant"})
    offre = _ligne(Offre, offreuse, service, 2 * volume, {"periodicite": "trimestrielle"})
    suite: tuple[tuple[str, int, str], ...] = FICHE_PUIS_ACCORD if rang % 2 else ACCORD_PUIS_FICHE
    if partenaire.confirmation != Acteur.Confirmation.CONFIRMEE:
        suite = FICHE_PUIS_ACCORD[:1]
    elif fiche.conventions.filter(etat__in=SIGNEES).exists():
        suite = (*suite, ("signer", 22, ""))
    message = "Nos deux équipes se connaissent peu\u00a0: préparons cela ensemble."
    _vivre(besoin, offre, Vie(cote, 55 - rang, message, suite), fiche.get_absolute_url())


def _ligne(modele: type[Any], structure: Structure, service: Service, volume: int, champs: dict[str, Any]) -> Any:
    """The published offer or need behind a sheet, made when the answers didn't draw it."""
    deja = modele.objects.publiees().filter(structure=structure, service=service).first()
    if deja is not None and (deja.volume or 0) >= volume:
        return deja
    ligne = modele.objects.create(
        structure=structure,
        service=service,
        description=PROPOSITIONS[service.slug][0 if modele is Offre else 1],
        volume=volume,
        unite=service.unite_volume,
        rayonnement="departements",
        publiee=True,
        publiee_le=timezone.now() - timedelta(days=58),
        modalites=["presentiel"],
        **champs,
    )
    ligne.departements.set([structure.commune.departement_id])
    ligne.publics.set(structure.publics.all())
    return ligne


def _vivre(besoin: Besoin, offre: Offre, vie: Vie, url: str = "") -> None:
    """One match with all its passages, dated in the past, as `offres.cooperations` would have left it."""
    proposee_le = timezone.now() - timedelta(days=vie.jours)
    rapprochement = Rapprochement.objects.create(
        besoin=besoin,
        offre=offre,
        cote=vie.cote,
        message=vie.message,
        volume=None if besoin.volume is None else volume_possible(besoin, offre),
        cree_le=proposee_le,
        expire_le=(proposee_le + REPONSE_ATTENDUE).date(),
    )
    parle, repond = direction_de(rapprochement.proposante), direction_de(rapprochement.sollicitee)
    rapprochement.auteur = parle
    _etape(rapprochement, "proposer", parle, vie.message, proposee_le)
    for action, apres, texte in vie.suite:
        le = proposee_le + timedelta(days=apres)
        qui: Utilisateur | None = parle if action == "engager" else repond
        match action:
            case "accepter" | "confirmer":
                rapprochement.acceptee_le, rapprochement.repondue_par = le, repond
            case "engager":
                rapprochement.engagee_le, rapprochement.url = le, url
            case "signer":
                rapprochement.signee_le, qui = le, None
            case "expirer":
                rapprochement.close_le, qui = le, None
            case "decliner" | "ecarter":
                rapprochement.close_le, rapprochement.motif, rapprochement.repondue_par = le, texte, repond
        _etape(rapprochement, action, qui, texte, le)
    rapprochement.save()


def _etape(rapprochement: Rapprochement, action: str, par: Utilisateur | None, texte: str, le: datetime) -> None:
    rapprochement.etat = PASSAGES[action].vers
    EtapeRapprochement.objects.create(
        rapprochement=rapprochement, action=action, vers=rapprochement.etat, par=par, texte=texte, le=le
    )
