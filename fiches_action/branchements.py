"""What the sheets show on lower pages, and how they are started from a match."""

from collections.abc import Sequence

from django.db.models import Model

from fiches_action.etats import ETATS_DE_CONFIRMATION
from fiches_action.fusion import attaches, fusionner
from fiches_action.models import ETATS_MODIFIABLES, Acteur, Etat, FicheAction, Passage
from fiches_action.operations import creer_depuis_rapprochement
from fiches_action.presentation import ton
from offres.models import Besoin, Offre
from socle import prises
from socle.prises import Attente, Encart
from structures.comptes.models import Utilisateur
from structures.comptes.regles import poles_coordonnes
from structures.models import Structure
from structures.regles import adhesions_de

# A block shows the latest; the list shows all.
MONTREES = 5


def attentes(personne: Utilisateur) -> Sequence[Attente]:
    """Participations to confirm, sheets to complete, sheets to bring before the committee."""
    return [*_a_confirmer(personne), *_a_completer(personne), *_a_valider(personne)]


def _a_confirmer(personne: Utilisateur) -> list[Attente]:
    acteurs = (
        Acteur.objects.filter(
            structure__in=list(adhesions_de(personne)),
            confirmation=Acteur.Confirmation.ATTENDUE,
            fiche__etat__in=ETATS_DE_CONFIRMATION,
        )
        .exclude(role__in=[Acteur.Role.INFORME, Acteur.Role.PORTEUR])
        .select_related("fiche", "structure")
        .order_by("fiche__modifie_le")[:MONTREES]
    )
    return [
        Attente(
            f"Confirmer la participation de {acteur.structure.nom}",
            f"{acteur.fiche.get_absolute_url()}#acteurs",
            acteur.fiche.modifie_le,
            urgence=20,
            detail=f"{acteur.fiche.reference} – {acteur.fiche.titre}",
        )
        for acteur in acteurs
    ]


def _a_completer(personne: Utilisateur) -> list[Attente]:
    fiches = (
        FicheAction.objects.filter(etat__in=ETATS_MODIFIABLES, porteur__in=list(adhesions_de(personne)))
        .order_by("-modifie_le")[:MONTREES]
    )  # fmt: skip
    return [
        Attente(
            "Compléter la fiche demandée par la coordination"
            if fiche.etat == Etat.A_COMPLETER
            else "Terminer et proposer votre fiche-action",
            fiche.get_absolute_url(),
            fiche.modifie_le,
            urgence=30 if fiche.etat == Etat.A_COMPLETER else 60,
            detail=f"{fiche.reference} – {fiche.titre}",
        )
        for fiche in fiches
    ]


def _a_valider(personne: Utilisateur) -> list[Attente]:
    poles = poles_coordonnes(personne)
    if not poles:
        return []
    passages = (
        Passage.objects.filter(fiche__pole__in=poles, fiche__etat=Etat.PROPOSEE, action="proposer")
        .select_related("fiche")
        .order_by("-le")[: 4 * MONTREES]
    )
    proposees = {passage.fiche_id: passage for passage in reversed(passages)}
    return [
        Attente(
            "Porter une fiche devant le comité de suivi",
            passage.fiche.get_absolute_url(),
            passage.le,
            urgence=40,
            detail=f"{passage.fiche.reference} – {passage.fiche.titre}",
        )
        for passage in list(proposees.values())[:MONTREES]
    ]


def encart_accueil(personne: Utilisateur) -> Sequence[Encart]:
    """« Mes fiches-action » on the home page."""
    if not adhesions_de(personne):
        return []
    fiches = list(FicheAction.objects.de(personne).pour_liste().order_by("-modifie_le")[: MONTREES + 1])
    return [
        Encart(
            "fiches_action/encart_accueil.html",
            {"fiches": [(f, ton(f.etat)) for f in fiches[:MONTREES]], "davantage": len(fiches) > MONTREES},
        )
    ]


def encart_structure(structure: Model, personne: Utilisateur | None) -> Sequence[Encart]:
    """The sheets of a structure that this person may read; nothing for a visitor."""
    if personne is None or not isinstance(structure, Structure):
        return []
    fiches = FicheAction.objects.visibles_par(personne).de_la_structure(structure).pour_liste()[: MONTREES + 1]
    lignes = [(fiche, ton(fiche.etat)) for fiche in fiches]
    if not lignes:
        return []
    return [
        Encart(
            "fiches_action/encart_structure.html",
            {"fiches": lignes[:MONTREES], "davantage": len(lignes) > MONTREES, "structure": structure},
        )
    ]


def demarrer(besoin: Model, offre: Model, personne: Utilisateur, volume: int | None = None) -> str:
    """A new sheet from a match: its address. Raises TypeError for anything but a need and an offer."""
    if not isinstance(besoin, Besoin) or not isinstance(offre, Offre):
        raise TypeError("un besoin et une offre")
    return creer_depuis_rapprochement(besoin, offre, personne, volume).get_absolute_url()


def alertes_suppression(personne: Utilisateur) -> list[str]:
    """Before somebody deletes their account: the sheets that they lead and that are not over (one query)."""
    pilotees = FicheAction.objects.filter(pilote=personne).exclude(etat__in=[Etat.TERMINEE, Etat.ABANDONNEE])
    return [
        f"Vous pilotez la fiche-action {reference}\u00a0: plus personne ne pourra être joint pour elle."
        for reference in pilotees.order_by("reference").values_list("reference", flat=True)
    ]


def brancher() -> None:
    """Called once by the application's ``ready()``."""
    prises.alertes_suppression.brancher(alertes_suppression, 40)
    prises.attentes.brancher(attentes, 30)
    prises.encarts_accueil.brancher(encart_accueil, 40)
    prises.encarts_structure.brancher(encart_structure, 40)
    prises.demarrer_fiche.brancher(demarrer)
    prises.fusions.brancher(fusionner, 30)
    prises.attaches.brancher(attaches, 30)
