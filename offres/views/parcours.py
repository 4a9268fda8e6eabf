"""The five steps of the questionnaire: who enters, where one is, how long is left."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from offres.durees import MINUTES_PREVUES, Duree, duree_annoncee
from offres.enregistrement import LIGNE_RETIREE, PageInconnue
from offres.models import Reponse
from offres.operations import ActionImpossible, Conflit, pourquoi_fermee
from offres.refus import noter_ouverture
from socle.droits import exiger, peut
from socle.templatetags.typographie import heure, jour
from structures.comptes.models import Utilisateur

P = ParamSpec("P")


@dataclass(frozen=True)
class Etape:
    numero: int
    slug: str
    titre: str
    minutes: int

    def url(self, reponse: Reponse) -> str:
        if self.slug in ("offres", "besoins"):
            return reverse("offres:etape_lignes", args=[reponse.pk, self.slug])
        return reverse(f"offres:etape_{self.slug}", args=[reponse.pk])


ETAPES: tuple[Etape, ...] = (
    Etape(1, "structure", "Votre structure", 3),
    Etape(2, "offres", "Ce que vous pouvez partager", 5),
    Etape(3, "besoins", "Ce dont vous avez besoin", 4),
    Etape(4, "cooperations", "Vos coopérations actuelles", 2),
    Etape(5, "relecture", "Relecture et envoi", 1),
)
PAR_SLUG: dict[str, Etape] = {etape.slug: etape for etape in ETAPES}


def personne(request: HttpRequest) -> Utilisateur:
    """The signed-in person (the middleware lets nobody else in)."""
    if not isinstance(request.user, Utilisateur):
        raise TypeError("vue ouverte à un visiteur")
    return request.user


def postees(request: HttpRequest) -> QueryDict | None:
    """What was posted, even nothing (a bound form then says what is missing); None when reading."""
    return request.POST if request.method == "POST" else None


def jusqu_a_l_envoi(vue: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """A page of the questionnaire that somebody else may send, close or change while it is being answered.

    Whatever the instant, the person reads why nothing was saved, on the first page of the questionnaire.
    """

    @wraps(vue)
    def vue_gardee(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request: Any = args[0]
        reponse_id: Any = kwargs["reponse_id"]
        try:
            return vue(*args, **kwargs)
        except (ActionImpossible, PageInconnue) as erreur:
            raison = str(erreur) if isinstance(erreur, ActionImpossible) else LIGNE_RETIREE
        except Http404:
            # A line that is sent is no draft any more: it is not « not found » for who was writing it.
            reponse = Reponse.objects.select_related("campagne").filter(pk=reponse_id).first()
            raison = pourquoi_fermee(reponse) if reponse is not None else ""
            if not raison or not peut(request.user, "offres.voir_reponse", reponse):
                raise
        messages.warning(request, raison)
        return redirect("offres:questionnaire", reponse_id)

    return vue_gardee


def charger(request: HttpRequest, reponse_id: UUID) -> Reponse:
    """The answer, for who may see it. Raises Http404 or PermissionDenied."""
    reponse = get_object_or_404(
        Reponse.objects.select_related(
            "campagne__pole", "structure__commune__bassin", "structure__organisme", "soumise_par", "rouverte_par"
        ),
        pk=reponse_id,
    )
    exiger(
        request.user,
        "offres.voir_reponse",
        reponse,
        raison="Ce questionnaire est celui d’une autre structure. Sa direction peut vous inviter à la rejoindre.",
    )
    # The structure's own people: a coordination that leads an interview opens nothing in their place.
    if reponse.ouverte_le is None and peut(request.user, "offres.envoyer", reponse):
        noter_ouverture(reponse)
    return reponse


def peut_ecrire(request: HttpRequest, reponse: Reponse) -> bool:
    """Whether this person may write now (their right, and the answer's state)."""
    return reponse.modifiable and peut(request.user, "offres.repondre", reponse)


def exiger_ecriture(request: HttpRequest, reponse: Reponse) -> None:
    exiger(
        request.user,
        "offres.repondre",
        reponse,
        raison="Seules les personnes de la structure répondent au questionnaire.",
    )


def minutes_restantes(depuis: int, duree: Duree) -> int:
    """Minutes from the beginning of a step to the end, in proportion of the whole."""
    reste = sum(etape.minutes for etape in ETAPES if etape.numero >= depuis)
    return max(1, round(reste * duree.minutes / MINUTES_PREVUES))


def contexte(reponse: Reponse, slug: str) -> dict[str, Any]:
    """What every page of the questionnaire shows: the step, the time left, the way through."""
    courante, duree = PAR_SLUG[slug], duree_annoncee(reponse.campagne)
    precedente = ETAPES[courante.numero - 2] if courante.numero > 1 else None
    return {
        "reponse": reponse,
        "structure": reponse.structure,
        "campagne": reponse.campagne,
        "etape": courante,
        "aide": reponse.campagne.aides.get(slug, ""),
        "nombre_etapes": len(ETAPES),
        "duree": duree,
        "minutes": minutes_restantes(courante.numero, duree),
        "temps_url": reverse("offres:champs", args=[reponse.pk, "structure"]),
        "minutes_passees": round(reponse.secondes_actives / 60),
        "chemin": [
            {
                "titre": etape.titre,
                "numero": etape.numero,
                "url": etape.url(reponse),
                "faite": etape.numero <= reponse.etape,
                "courante": etape == courante,
            }
            for etape in ETAPES
        ],
        "retour": precedente.url(reponse) if precedente else reponse.get_absolute_url(),
        "fil": [("Questionnaire", reponse.get_absolute_url())],
    }


def phrase_du_conflit(conflit: Conflit, *, reste_enregistre: bool) -> str:
    """What the second of two editors reads; their text is kept below."""
    qui = conflit.par or "Une autre personne"
    quand = f" le {jour(conflit.le)} à {heure(conflit.le)}" if conflit.le else ""
    suite = "Le reste de la page est enregistré. " if reste_enregistre else "Rien n’est encore enregistré. "
    return (
        f"{qui} a aussi répondu ici{quand}, après l’ouverture de cette page. Votre version est conservée ci-dessous. "
        f"{suite}Pour remplacer sa version par la vôtre, enregistrez à nouveau."
    )
