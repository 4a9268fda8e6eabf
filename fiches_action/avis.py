"""E-mails that a passage causes, written in its transaction: who is asked for what."""

from django.conf import settings
from django.db.models import Q

from fiches_action.models import Acteur, FicheAction, Passage
from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.notifications import declarer, notifier
from structures.models import Adhesion

PARTICIPATION, PROPOSITION, DECISION = "fiches-participation", "fiches-proposition", "fiches-decision"
# Template → kind of notification.
GENRES = {
    "fiche_participation": PARTICIPATION,
    "fiche_proposee": PROPOSITION,
    "fiche_a_completer": DECISION,
    "fiche_validee": DECISION,
}


def declarer_les_genres() -> None:
    """What a person may refuse to be told of the sheets."""
    groupe = "Fiches-action et conventions"
    declarer(
        PARTICIPATION,
        "Une fiche-action cite votre structure",
        "On vous demande si elle participe. Le comité de suivi ne décide qu’une fois votre réponse connue.",
        groupe=groupe,
    )
    declarer(
        DECISION,
        "La décision sur vos fiches-action",
        "Une fiche que vous pilotez est validée, ou la coordination demande des compléments.",
        groupe=groupe,
    )
    declarer(
        PROPOSITION,
        "Une fiche-action est proposée (coordination)",
        "Une structure de votre pôle propose une fiche à porter devant le comité de suivi.",
        groupe=groupe,
    )


def prevenir(fiche: FicheAction, passage: Passage) -> None:
    """Write the e-mails of this passage, if it asks something of somebody. Call it in the transaction."""
    if passage.action == "proposer":
        _inviter_a_confirmer(fiche, passage)
        for personne in _coordination(fiche):
            _ecrire("fiche_proposee", personne, fiche, passage)
    elif passage.action == "demander_complement":
        _ecrire("fiche_a_completer", fiche.pilote, fiche, passage)
    elif passage.action == "valider":
        _ecrire("fiche_validee", fiche.pilote, fiche, passage)


def _inviter_a_confirmer(fiche: FicheAction, passage: Passage) -> None:
    attendus = fiche.acteurs.filter(confirmation=Acteur.Confirmation.ATTENDUE).exclude(
        role__in=[Acteur.Role.INFORME, Acteur.Role.PORTEUR]
    )
    for acteur in attendus.select_related("structure"):
        for personne in _responsables(acteur):
            _ecrire("fiche_participation", personne, fiche, passage, acteur=acteur)


def _responsables(acteur: Acteur) -> list[Utilisateur]:
    """The direction of a structure; its members when it has no direction here."""
    adhesions = Adhesion.objects.filter(structure=acteur.structure, fin__isnull=True, utilisateur__is_active=True)
    directions = adhesions.filter(role=Adhesion.Role.DIRECTION)
    retenues = directions if directions.exists() else adhesions
    return [adhesion.utilisateur for adhesion in retenues.select_related("utilisateur").order_by("pk")]


def _coordination(fiche: FicheAction) -> list[Utilisateur]:
    """Who validates: the coordination of the pôle, or the administration when there is none."""
    perimetre = Q(role="coordination", pole=fiche.pole) if fiche.pole else Q(role="administration")
    habilitations = Habilitation.objects.actives().filter(perimetre, utilisateur__is_active=True)
    return [habilitation.utilisateur for habilitation in habilitations.select_related("utilisateur").order_by("pk")]


def _ecrire(
    modele: str, personne: Utilisateur, fiche: FicheAction, passage: Passage, *, acteur: Acteur | None = None
) -> None:
    if personne.pk == passage.par_id:
        return
    ancre = "#acteurs" if acteur else ""
    notifier(
        personne,
        GENRES[modele],
        modele,
        {
            "fiche": fiche,
            "passage": passage,
            "acteur": acteur,
            "lien": f"{settings.PCTI_URL}{fiche.get_absolute_url()}{ancre}",
        },
        objet=fiche.reference,
        repondre_a=passage.par.email,
    )
