"""What agreements show on lower pages: home, structure, action sheet."""

from collections.abc import Sequence

from django.db.models import Model, Q

from fiches_action.conventions.etats import Etat
from fiches_action.conventions.fusion import attaches, fusionner
from fiches_action.conventions.models import Convention, Partie, Signataire
from fiches_action.conventions.operations import FICHES_CONVENTIONNABLES
from fiches_action.conventions.presentation import etiquettes
from fiches_action.models import FicheAction
from socle import prises
from socle.droits import peut
from socle.prises import Attente, Encart
from structures.comptes.models import Utilisateur
from structures.comptes.regles import poles_coordonnes
from structures.models import Structure
from structures.regles import adhesions_de

MONTREES = 5


def attentes(personne: Utilisateur) -> Sequence[Attente]:
    """An agreement to sign; those to complete, to send, to take up again after a refusal."""
    return [*_a_signer(personne), *_a_conduire(personne)]


def _a_signer(personne: Utilisateur) -> list[Attente]:
    invites = (
        Signataire.objects.filter(
            email__iexact=personne.email, etat=Signataire.Etat.INVITE, convention__etat=Etat.EN_SIGNATURE
        )
        .select_related("convention")
        .order_by("invite_le")[:MONTREES]
    )
    return [
        Attente(
            "Lire et signer une convention",
            s.convention.get_absolute_url(),
            s.invite_le,
            urgence=10,
            detail=f"{s.convention.reference} – {s.convention.titre}",
        )
        for s in invites
    ]


_GESTES = {
    Etat.BROUILLON: ("Compléter une convention", 50),
    Etat.EN_RELECTURE: ("Figer une convention après relecture", 50),
    Etat.PRETE: ("Envoyer une convention à la signature", 35),
    Etat.REFUSEE: ("Reprendre une convention refusée", 25),
}


def _a_conduire(personne: Utilisateur) -> list[Attente]:
    conventions = (
        Convention.objects.filter(
            Q(fiche__porteur__in=list(adhesions_de(personne))) | Q(pole__in=poles_coordonnes(personne)),
            etat__in=list(_GESTES),
        )
        .order_by("-modifie_le")
        .distinct()[:MONTREES]
    )
    return [
        Attente(
            _GESTES[Etat(convention.etat)][0],
            convention.get_absolute_url(),
            convention.modifie_le,
            urgence=_GESTES[Etat(convention.etat)][1],
            detail=f"{convention.reference} – {convention.titre}",
        )
        for convention in conventions
    ]


def encart_fiche(fiche: Model, personne: Utilisateur) -> Sequence[Encart]:
    """The agreements of a sheet, and the button that prepares one."""
    if not isinstance(fiche, FicheAction):
        return []
    conventions = list(Convention.objects.filter(fiche=fiche).visibles_par(personne).pour_liste().distinct())
    possible = fiche.etat in FICHES_CONVENTIONNABLES and peut(personne, "conventions.creer", fiche)
    if not conventions and not possible:
        return []
    lignes = [(convention, etiquettes(convention)) for convention in conventions]
    return [Encart("conventions/encart_fiche.html", {"fiche": fiche, "conventions": lignes, "possible": possible})]


def encart_structure(structure: Model, personne: Utilisateur | None) -> Sequence[Encart]:
    """The agreements of a structure that this person may read; nothing for a visitor."""
    if personne is None or not isinstance(structure, Structure):
        return []
    parties = Partie.objects.filter(structure=structure).values("convention")
    visibles = Convention.objects.filter(pk__in=parties).visibles_par(personne).pour_liste().distinct()
    conventions = list(visibles[: MONTREES + 1])
    if not conventions:
        return []
    lignes = [(convention, etiquettes(convention)) for convention in conventions[:MONTREES]]
    davantage = len(conventions) > MONTREES
    return [Encart("conventions/encart_structure.html", {"conventions": lignes, "davantage": davantage})]


def brancher() -> None:
    """Called once by the application's ``ready()``."""
    prises.attentes.brancher(attentes, 20)
    prises.encarts_fiche.brancher(encart_fiche, 20)
    prises.encarts_structure.brancher(encart_structure, 50)
    prises.fusions.brancher(fusionner, 40)
    prises.attaches.brancher(attaches, 40)
