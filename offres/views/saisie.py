"""One group of fields at a time: saved as it is left, and what the other editor wrote meanwhile."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from offres import enregistrement
from offres.enregistrement import ConflitDeChamp, PageDeSaisie, PageInconnue, SaisieIncomplete
from offres.models import Reponse
from offres.operations import ActionImpossible, Conflit, pourquoi_fermee
from offres.views.parcours import charger, exiger_ecriture, personne, phrase_du_conflit
from offres.vigilance import avertissement
from socle.templatetags.typographie import heure, jour
from structures.comptes.models import Utilisateur


@require_http_methods(["GET", "HEAD", "POST"])
def champs(request: HttpRequest, reponse_id: UUID, page: str) -> HttpResponse:
    """GET: what the page holds now (204 when nothing changed since `version`). POST: one group.

    200 saved, 409 somebody else wrote it meanwhile, 410 no longer open, 422 can't be saved as it is.
    """
    reponse = charger(request, reponse_id)
    exiger_ecriture(request, reponse)
    if request.method == "POST":
        return _enregistrer(request, reponse, page)
    if request.GET.get("version") == str(reponse.version):
        return HttpResponse(status=204)
    if fermee := pourquoi_fermee(reponse):
        return JsonResponse({"message": fermee}, status=410)
    try:
        return _etat(request, enregistrement.page_de(reponse, page))
    except PageInconnue:
        return JsonResponse({"message": "Cette ligne a été retirée entre-temps."}, status=410)


def _enregistrer(request: HttpRequest, reponse: Reponse, page: str) -> HttpResponse:
    par = personne(request)
    enregistrement.compter_le_temps(reponse, request.POST.get("actif", ""))
    unite = request.POST.get("unite", "")
    if not unite:
        return HttpResponse(status=204)
    try:
        ecrite = enregistrement.enregistrer_groupe(reponse, page, unite, request.POST, request.POST.get("lu", ""), par)
    except ActionImpossible as erreur:
        return JsonResponse({"message": str(erreur)}, status=410)
    except SaisieIncomplete as erreur:
        return JsonResponse({"erreurs": erreur.erreurs}, status=422)
    except ConflitDeChamp as conflit:
        return JsonResponse({"unite": unite, "conflit": _pour_le_navigateur(conflit.etat, par)}, status=409)
    textes = [str(valeur) for valeur in enregistrement.valeurs(ecrite, unite).values()]
    return _etat(request, ecrite, avertissement=avertissement(*textes))


def _etat(request: HttpRequest, page: PageDeSaisie, **ajouts: Any) -> JsonResponse:
    return JsonResponse(
        {
            **etat_en_mots(page, personne(request)),
            # Signing in again changes the token: a page left open learns the new one here.
            "csrf": get_token(request),
            "heure": heure(timezone.now()),
            **ajouts,
        }
    )


def etat_en_mots(page: PageDeSaisie, pour: Utilisateur) -> dict[str, Any]:
    """The state of a page for the browser of that person."""
    etat = enregistrement.etat_de_la_page(page)
    etat["unites"] = {nom: _pour_le_navigateur(unite, pour) for nom, unite in etat["unites"].items()}
    return etat


def _pour_le_navigateur(etat: dict[str, Any], pour: Utilisateur) -> dict[str, Any]:
    le = etat["le"]
    quand = "" if le is None else f"à {heure(le)}"
    if le is not None and timezone.localdate(le) != timezone.localdate():
        quand = f"le {jour(le)} à {heure(le)}"
    par_id = etat["par_id"]
    sans = {cle: valeur for cle, valeur in etat.items() if cle not in ("le", "par_id")}
    return {**sans, "le": quand, "moi": par_id is not None and par_id == pour.pk}


def champ_par_champ(request: HttpRequest, reponse: Reponse, cle: str, *, relue: bool = False) -> dict[str, Any]:
    """What the script of a page needs, as attributes of its form (`offres/_saisie.html`), and what was read.

    A refused form was read when it was first shown, unless (`relue`) it now shows what others wrote.
    """
    qui, page = personne(request), enregistrement.page_de(reponse, cle)
    etat = etat_en_mots(page, qui)
    if not relue:
        for unite, description in etat["unites"].items():
            description["lu"] = request.POST.get(f"lu-{unite}", description["lu"])[:16]
    return {
        "saisie": {
            "url": reverse("offres:champs", args=[page.reponse.pk, page.cle]),
            "page": page.cle,
            "lus": [(unite, description["lu"]) for unite, description in etat["unites"].items()],
            "etat": json.dumps(etat, cls=DjangoJSONEncoder, ensure_ascii=False),
            "personne": qui.pk,
            "reponse": page.reponse.pk,
        }
    }


@dataclass
class Fusion:
    """A whole form after a conflict: saved entirely (no sentence), or what is left to choose."""

    phrases: list[str]
    donnees: QueryDict


def fusionner_le_formulaire(request: HttpRequest, reponse: Reponse, cle: str, conflit: Conflit) -> Fusion:
    """Keep what only one of the two changed; say what both changed. Raises ActionImpossible."""
    reponse.refresh_from_db()
    a_choisir = enregistrement.fusionner(reponse, cle, request.POST, personne(request))
    reponse.refresh_from_db()
    page = enregistrement.page_de(reponse, cle)
    donnees = enregistrement.donnees_fusionnees(page, request.POST, a_choisir)
    if not a_choisir:
        return Fusion([], donnees)
    detail = "\u00a0; ".join(
        f"{_sans_point(libelle)}\u00a0: «\u00a0{enregistrement.en_mots(page, unite)}\u00a0»"
        for unite, libelle in a_choisir.items()
    )
    autres = len(page.unites) > len(a_choisir)
    return Fusion(
        [phrase_du_conflit(conflit, reste_enregistre=autres), f"Aujourd’hui enregistré\u00a0: {detail}."], donnees
    )


def _sans_point(question: str) -> str:
    return question.rstrip("?\u00a0 ")
