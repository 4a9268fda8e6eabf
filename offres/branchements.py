"""What this floor shows on the pages below it, and how it follows a merge of duplicates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Model, Q
from django.urls import reverse

from offres.comptage import nombre_d_offres
from offres.filtres import filtres_annuaire
from offres.fusion import attaches, fusionner
from offres.models import Besoin, Campagne, DemandeService, Offre, Rapprochement, Reponse
from offres.services import nombre_a_classer
from offres.templatetags.offres_mots import de_nom
from socle import prises
from socle.prises import Attente, Encart
from socle.templatetags.typographie import pluriel
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.models import Adhesion, Structure
from structures.regles import adhesions_de

if TYPE_CHECKING:
    from structures.comptes.models import Utilisateur

PAR_STRUCTURE = 30


def brancher() -> None:
    prises.attentes.brancher(attentes)
    prises.encarts_structure.brancher(encarts_structure, rang=20)
    prises.fusions.brancher(fusionner, 20)
    prises.attaches.brancher(attaches, 20)
    prises.filtres_annuaire.brancher(filtres_annuaire)


def attentes(utilisateur: "Utilisateur") -> Sequence[Attente]:
    """The questionnaires to finish, the answers a coordination waits for, the matches to look at."""
    return [
        *_questionnaires(utilisateur),
        *_campagnes(utilisateur),
        *_autres_services(utilisateur),
        *_rapprochements(utilisateur),
    ]


def _questionnaires(utilisateur: "Utilisateur") -> list[Attente]:
    structures = list(adhesions_de(utilisateur))
    if not structures:
        return []
    a_remplir = Reponse.objects.a_remplir().filter(structure__in=structures).select_related("campagne", "structure")
    return [_attente_de(reponse) for reponse in a_remplir.order_by("campagne__fin")[:20]]


def _attente_de(reponse: Reponse) -> Attente:
    if reponse.confirmation_demandee_le is not None:
        return Attente(
            titre=f"Relire et confirmer la réponse {de_nom(reponse.structure.nom)}",
            url=reverse("offres:etape_relecture", args=[reponse.pk]),
            quand=reponse.campagne.fin,
            urgence=10,
            detail="La coordination l’a remplie avec vous. Rien n’est publié avant votre envoi.",
        )
    debut, detail = {
        Reponse.Etat.ROUVERTE: (
            "Compléter la réponse",
            f"Rouverte par la coordination\u00a0: {reponse.motif_reouverture}",
        ),
        Reponse.Etat.BROUILLON: ("Finir le questionnaire", "Un brouillon est enregistré, il n’est pas envoyé."),
    }.get(
        Reponse.Etat(reponse.etat),
        ("Répondre au questionnaire", f"{reponse.campagne.nom}, environ 15\u00a0minutes."),
    )
    return Attente(
        titre=f"{debut} {de_nom(reponse.structure.nom)}",
        url=reponse.get_absolute_url(),
        quand=reponse.campagne.fin,
        urgence=10 if reponse.en_retard else 20 if reponse.etat == Reponse.Etat.ROUVERTE else 30,
        detail=("Date dépassée. " if reponse.en_retard else "") + detail,
    )


def _campagnes(utilisateur: "Utilisateur") -> list[Attente]:
    poles = poles_coordonnes(utilisateur)
    if not poles:
        return []
    suivies: Any = Campagne.objects.filter(pole__in=poles).en_cours().avec_avancement()
    return [_attente_de_la_campagne(campagne) for campagne in suivies if _manquent(campagne) > 0]


def _manquent(campagne: Any) -> int:
    """Answers still awaited: those who said that they won't answer are not."""
    return int(campagne.nb_invitees - campagne.nb_soumises - campagne.nb_refusees)


def _attente_de_la_campagne(campagne: Any) -> Attente:
    manquent = pluriel(_manquent(campagne), "réponse attendue,réponses attendues")
    commencees = pluriel(campagne.nb_brouillons, "commencée,commencées")
    return Attente(
        titre=f"Suivre «\u00a0{campagne.nom}\u00a0»\u00a0: {manquent}",
        url=campagne.get_absolute_url(),
        quand=campagne.fin,
        urgence=40,
        detail=f"{campagne.nb_soumises} envoyées sur {campagne.nb_invitees}, {commencees}.",
    )


def _autres_services(utilisateur: "Utilisateur") -> list[Attente]:
    """What was told under « Autre service »: no rule matches it until somebody brings it to the list."""
    url = reverse("offres:autres_services")
    if poles_coordonnes(utilisateur) and (nombre := nombre_a_classer(utilisateur)):
        return [
            Attente(
                titre=f"Rattacher {pluriel(nombre, 'ligne,lignes')} à un service de la liste",
                url=url,
                urgence=50,
                detail="Le portail ne les rapproche pas tant qu’elles restent dans «\u00a0autre service\u00a0».",
            )
        ]
    if est_administration(utilisateur) and (demandes := DemandeService.objects.en_attente().count()):
        return [Attente(titre=f"Répondre à {pluriel(demandes, 'demande,demandes')} de service", url=url, urgence=40)]
    return []


def _rapprochements(utilisateur: "Utilisateur") -> list[Attente]:
    structures = list(adhesions_de(utilisateur))
    if not structures:
        return []
    return [*_propositions(utilisateur), *_besoins_a_regarder(structures)]


def _propositions(utilisateur: "Utilisateur") -> list[Attente]:
    """The proposals that await the answer of a structure this person directs (one query)."""
    dirigees = [pk for pk, role in adhesions_de(utilisateur).items() if role == Adhesion.Role.DIRECTION]
    if not dirigees:
        return []
    au_besoin = Q(cote=Rapprochement.Cote.OFFRE, besoin__structure__in=dirigees)
    a_l_offre = ~Q(cote=Rapprochement.Cote.OFFRE) & Q(offre__structure__in=dirigees)
    recues = (
        Rapprochement.objects.filter(au_besoin | a_l_offre, etat=Rapprochement.Etat.PROPOSEE)
        .pour_affichage()
        .order_by("expire_le", "pk")[:20]
    )
    return [
        Attente(
            titre=f"Répondre à la proposition de coopération {de_nom(proposition.proposante.nom)}",
            url=proposition.get_absolute_url(),
            quand=proposition.expire_le,
            urgence=25,
            detail=proposition.besoin.libelle,
        )
        for proposition in recues
    ]


def _besoins_a_regarder(structures: list[int]) -> list[Attente]:
    """Needs that an offer answers and that nobody has begun to settle."""
    miens = (
        Besoin.objects.publiees()
        .filter(structure__in=structures)
        .exclude(pk__in=Rapprochement.objects.ouverts().values("besoin"))
    )
    libres = sum(1 for nombre in nombre_d_offres(miens).values() if nombre)
    if not libres:
        return []
    return [
        Attente(
            titre="Une offre répond à l’un de vos besoins"
            if libres == 1
            else f"Des offres répondent à {libres} de vos besoins",
            url=reverse("offres:rapprochements"),
            urgence=45,
            detail="Regardez qui peut y répondre, et proposez une coopération.",
        )
    ]


def encarts_structure(structure: Model, utilisateur: "Utilisateur | None") -> Sequence[Encart]:
    """The offers and needs of a structure, for signed-in people only."""
    if utilisateur is None or not utilisateur.is_authenticated or not isinstance(structure, Structure):
        return []
    mienne = structure.pk in adhesions_de(utilisateur)
    offres = Offre.objects.publiees().filter(structure=structure).pour_affichage()
    besoins = Besoin.objects.publiees().filter(structure=structure).pour_affichage()
    ouverte = (
        Reponse.objects.a_remplir().filter(structure=structure).order_by("-campagne__debut").first()
        if mienne
        else None
    )
    return [
        Encart(
            "offres/encart_structure.html",
            {
                "offres": list(offres.order_by("service__ordre", "pk")[:PAR_STRUCTURE]),
                "besoins": list(besoins.order_by("service__ordre", "pk")[:PAR_STRUCTURE]),
                "structure": structure,
                "mienne": mienne,
                "questionnaire": ouverte,
            },
        )
    ]
