"""Where each structure of a campaign is: one word per answer, computed from its state and its e-mails."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Count, Exists, OuterRef, Prefetch, Q, Value, When

from offres.models import Campagne, Relance, Reponse
from offres.relances import relancables
from socle.models import Courriel
from structures.models import Adhesion


@dataclass(frozen=True)
class Sort:
    """What the coordination reads of an answer, and the colour it has."""

    cle: str
    libelle: str
    ton: str


SORTS: dict[str, Sort] = {
    s.cle: s
    for s in (
        Sort("a-inviter", "À inviter", "neutre"),
        Sort("sans-destinataire", "Personne à qui écrire", "alerte"),
        Sort("sans-courriel", "Ne souhaite pas de courriel", "alerte"),
        Sort("en-route", "Courriel en route", "neutre"),
        Sort("echec", "Courriel en échec", "erreur"),
        Sort("revenu", "Courriel revenu", "erreur"),
        Sort("incertain", "Envoi incertain", "alerte"),
        Sort("invitee", "Invitée", "neutre"),
        Sort("vue", "Questionnaire vu", "info"),
        Sort("brouillon", "Commencée", "info"),
        Sort("rouverte", "Rouverte", "alerte"),
        Sort("refusee", "Ne répondra pas", "erreur"),
        Sort("soumise", "Envoyée", "succes"),
    )
}
A_VERIFIER_MAX = 1000
# States of an answer that say everything: its e-mails no longer matter.
_DITS = (Reponse.Etat.SOUMISE, Reponse.Etat.REFUSEE, Reponse.Etat.ROUVERTE, Reponse.Etat.BROUILLON)


def avec_sort(reponses: Any) -> Any:
    """With `sort_suivi`, a key of SORTS."""
    lignes = Relance.objects.filter(reponse=OuterRef("pk"))
    personnes = Adhesion.objects.actives().filter(structure=OuterRef("structure"), utilisateur__is_active=True)
    en_route = [Courriel.Etat.EN_ATTENTE, Courriel.Etat.EN_COURS]
    return reponses.annotate(
        sort_suivi=Case(
            *(When(etat=etat, then=Value(etat.value)) for etat in _DITS),
            When(ouverte_le__isnull=False, then=Value("vue")),
            When(Q(invitee_le__isnull=True) & ~Exists(lignes), then=Value("a-inviter")),
            When(Exists(lignes.filter(courriel__etat=Courriel.Etat.ENVOYE)), then=Value("invitee")),
            When(Exists(lignes.filter(courriel__etat__in=en_route)), then=Value("en-route")),
            When(Exists(lignes.filter(courriel__etat=Courriel.Etat.INCERTAIN)), then=Value("incertain")),
            When(Exists(lignes.filter(courriel__etat=Courriel.Etat.REVENU)), then=Value("revenu")),
            When(Exists(lignes.filter(courriel__etat=Courriel.Etat.ECHOUE)), then=Value("echec")),
            When(Exists(lignes.filter(sort=Relance.Sort.NON_VOULUE)), then=Value("sans-courriel")),
            When(~Exists(personnes), then=Value("sans-destinataire")),
            default=Value("invitee"),
            output_field=CharField(),
        )
    )


def comptes(campagne: Campagne) -> list[tuple[Sort, int]]:
    """How many answers in each place, in the order of SORTS, the empty ones left out (one query)."""
    lignes = avec_sort(campagne.reponses.comptees()).order_by().values("sort_suivi").annotate(n=Count("pk"))
    nombres = {ligne["sort_suivi"]: ligne["n"] for ligne in lignes}
    return [(sort, nombres[cle]) for cle, sort in SORTS.items() if cle in nombres]


def courriels(campagne: Campagne) -> dict[str, int]:
    """How many e-mails of the campaign in each state (one query)."""
    siens = Relance.objects.filter(reponse__campagne=campagne, courriel__isnull=False).values("courriel")
    lignes = Courriel.objects.filter(pk__in=siens).order_by().values("etat").annotate(n=Count("pk"))
    return {ligne["etat"]: ligne["n"] for ligne in lignes}


def a_verifier(reponses: Any) -> Any:
    """The answers of which an e-mail failed, came back, or may not have left."""
    return reponses.filter(Exists(Relance.objects.a_verifier().filter(reponse=OuterRef("pk"))))


@dataclass(frozen=True)
class AVerifier:
    """One e-mail of the campaign that the coordination has to look at."""

    courriel: Courriel
    lignes: list[Relance]
    # Some of its answers are still awaited: it may be sent again.
    renvoyable: bool

    @property
    def pourquoi(self) -> str:
        """What happened, in words."""
        if self.courriel.etat == Courriel.Etat.REVENU:
            return f"Revenu\u00a0: {self.courriel.get_retour_display()}."
        if self.courriel.etat == Courriel.Etat.ECHOUE:
            return "Le serveur de courriel ne l’a pas pris, après plusieurs essais."
        return "Peut-être parti\u00a0: l’envoi s’est interrompu en route, sans confirmation du serveur de courriel."


def courriels_a_verifier(campagne: Campagne) -> list[AVerifier]:
    """The e-mails that failed, came back or may not have left, not yet sent again (two queries)."""
    lignes = (
        Relance.objects.a_verifier()
        .filter(reponse__campagne=campagne)
        .select_related("courriel", "personne", "reponse__structure__commune")
        .order_by("-courriel__cree_le", "courriel_id", "reponse__structure__nom_recherche")[:A_VERIFIER_MAX]
    )
    attendues = set(relancables(campagne).filter(relances__in=list(lignes)).values_list("pk", flat=True))
    par_courriel: dict[Any, list[Relance]] = {}
    for ligne in lignes:
        par_courriel.setdefault(ligne.courriel_id, []).append(ligne)
    return [
        AVerifier(siennes[0].courriel, siennes, any(ligne.reponse_id in attendues for ligne in siennes))
        for siennes in par_courriel.values()
        if siennes[0].courriel is not None
    ]


def avec_relances(reponses: Any) -> Any:
    """With what was written about each (`relances`), oldest first, in two queries."""
    lignes = Relance.objects.select_related("courriel", "personne").order_by("cree_le", "pk")
    return reponses.prefetch_related(Prefetch("relances", queryset=lignes, to_attr="ecrits"))
