"""Campaigns: those one follows, the tracking page of one, its export, giving an answer back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from offres import operations, suivi
from offres.campagnes import GENRE_INVITATIONS, GENRE_RELANCES, attendues_de
from offres.durees import temps_median
from offres.forms.campagnes import FiltresSuiviForm, ReouvertureForm
from offres.models import Campagne, Relance, Reponse
from offres.operations import ActionImpossible
from offres.templatetags.offres_mots import de_nom
from offres.views.feuilleter import feuilleter
from offres.views.parcours import charger, personne, postees
from socle.droits import exiger, peut
from socle.models import Travail
from socle.recherche import normaliser
from socle.tableaux import FORMATS, Format, ecrire_tableau
from structures.comptes.regles import est_coordination, est_pilotage, poles_coordonnes
from structures.models import Structure
from structures.territoires.models import Bassin

PAR_PAGE = 50
TROUVEES_MAX = 20
RESULTAT_MONTRE = timedelta(hours=1)
TONS = {"invitee": "neutre", "brouillon": "info", "rouverte": "alerte", "refusee": "neutre", "soumise": "succes"}
ENTETES = (
    "Structure", "Type", "Commune", "Bassin", "Suivi", "Étape", "Invitée le", "Vue le", "Commencée le", "Envoyée le",
    "Envoyée par", "Raison du refus", "Précision", "Courriels", "Dernier courriel",
)  # fmt: skip


@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """What I follow (coordination, pilotage) and what I am asked (members)."""
    exiger(request.user, "offres.voir_campagnes")
    suivies = Campagne.objects.none()
    if est_pilotage(request.user):
        suivies = Campagne.objects.filter(en_preparation=False)
    elif est_coordination(request.user):
        suivies = Campagne.objects.filter(pole__in=poles_coordonnes(request.user), en_preparation=False)
    en_preparation = Campagne.objects.filter(pole__in=poles_coordonnes(request.user), en_preparation=True)
    miennes = (
        Reponse.objects.de(personne(request))
        .select_related("campagne__pole", "structure")
        .order_by("-campagne__debut")
    )
    return render(
        request,
        "offres/campagnes.html",
        {
            "campagnes": suivies.select_related("pole").avec_avancement()[:200],
            "en_preparation": en_preparation.select_related("pole")[:50],
            "reponses": [(reponse, TONS[reponse.etat]) for reponse in miennes[:100]],
            "suit": est_pilotage(request.user) or est_coordination(request.user),
            "peut_ouvrir": est_coordination(request.user),
            "peut_classer": peut(request.user, "offres.voir_autres_services"),
        },
    )


def la_campagne(request: HttpRequest, pk: int, droit: str = "offres.mener_campagne") -> Any:
    """The campaign, for who holds the right. Raises Http404 or PermissionDenied."""
    campagne = get_object_or_404(
        Campagne.objects.select_related("pole", "ouverte_par", "fermee_par").avec_avancement(), pk=pk
    )
    exiger(request.user, droit, campagne, raison="Cette campagne est celle d’un autre pôle.")
    return campagne


def trouvees(request: HttpRequest, campagne: Campagne) -> dict[str, Any]:
    """Open structures of the directory found by their name, to be added by hand."""
    cherche = request.GET.get("cherche", "").strip()[:100]
    resultats: list[Structure] = []
    if len(cherche) >= 2:
        candidates = Structure.objects.ouvertes().exclude(pk__in=attendues_de(campagne).values("pk"))
        for mot in normaliser(cherche).split()[:6]:
            candidates = candidates.filter(nom_recherche__contains=mot)
        candidates = candidates.exclude(reponses__campagne=campagne)
        resultats = list(candidates.select_related("commune").order_by("nom_recherche", "pk")[:TROUVEES_MAX])
    return {"cherche": cherche, "trouvees": resultats, "cherchee": len(cherche) >= 2}


@dataclass(frozen=True)
class Filtre:
    """One place of the tracking, as a link."""

    sort: suivi.Sort
    nombre: int
    url: str
    choisi: bool


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is invited, who has looked, who is writing, who has sent, to whom nothing arrives."""
    campagne = la_campagne(request, pk, "offres.suivre_campagne")
    mene = campagne.pole_id in poles_coordonnes(request.user)
    if campagne.en_preparation:
        if not mene:
            raise PermissionDenied("Cette campagne est encore en préparation.")
        return redirect("offres:verifier_campagne", campagne.pk)
    filtres = FiltresSuiviForm(request.GET, campagne=campagne)
    reponses = filtres.filtrer(suivi.avec_sort(campagne.reponses.comptees()))
    page, suite = feuilleter(
        request,
        suivi.avec_relances(reponses.select_related("structure__commune__bassin", "soumise_par", "refusee_par")),
        PAR_PAGE,
        "structure__",
    )
    taux = Reponse.objects.filter(campagne=campagne).taux_par_bassin()
    noms = dict(Bassin.objects.filter(pk__in=taux).values_list("pk", "nom"))
    travail = Travail.objects.filter(genre__in=[GENRE_INVITATIONS, GENRE_RELANCES], objet=str(campagne.pk)).first()
    return render(
        request,
        "offres/campagne.html",
        {
            "campagne": campagne,
            "fil": [("Campagnes", reverse("offres:campagnes"))],
            "reponses": [_ligne(reponse, campagne) for reponse in page],
            "filtres": filtres,
            "places": _places(request, suivi.comptes(campagne), filtres.valeur("etat")),
            "filtree": filtres.actifs,
            "requete": filtres.requete(),
            "formats": [(cle, libelle) for cle, (libelle, _) in FORMATS.items()],
            "suite": suite,
            "debut": f"{request.path}?{filtres.requete()}" if request.GET.get("apres") else "",
            "bassins": sorted(((noms.get(code, code), t) for code, t in taux.items()), key=lambda b: normaliser(b[0])),
            "temps": temps_median(campagne.reponses.comptees()),
            **_courriels(campagne),
            # Done a moment ago, its result is still read here: how many have nobody to write to.
            "travail": travail if travail is not None and not _rangee(travail) else None,
            "coordonne": mene,
            "adresse_ajout": reverse("offres:ajouter_structure", args=[campagne.pk]),
            **(trouvees(request, campagne) if mene else {}),
            "a_relancer": campagne.nb_invitees - campagne.nb_soumises - campagne.nb_refusees,
        },
    )


def _courriels(campagne: Campagne) -> dict[str, Any]:
    """How far the e-mails are, and how many somebody has to look at (two queries)."""
    lettres = suivi.courriels(campagne)
    return {
        "courriels": lettres,
        "courriels_en_route": lettres.get("en_attente", 0) + lettres.get("en_cours", 0),
        "courriels_total": sum(lettres.values()),
        "courriels_a_voir": Relance.objects.a_verifier()
        .filter(reponse__campagne=campagne)
        .aggregate(n=Count("courriel", distinct=True))["n"],
    }


@require_safe
def courriels(request: HttpRequest, pk: int) -> HttpResponse:
    """The same, alone: the tracking page asks for it while some are on their way."""
    campagne = la_campagne(request, pk, "offres.suivre_campagne")
    return render(
        request,
        "offres/_courriels.html",
        {
            "campagne": campagne,
            **_courriels(campagne),
            "coordonne": campagne.pole_id in poles_coordonnes(request.user),
        },
    )


def _ligne(reponse: Any, campagne: Campagne) -> tuple[Any, suivi.Sort]:
    # Read with the campaign: its closing decides what may be done with each answer.
    reponse.campagne = campagne
    return reponse, suivi.SORTS[reponse.sort_suivi]


def _places(request: HttpRequest, comptes: list[tuple[suivi.Sort, int]], choisi: str) -> list[Filtre]:
    """One link per place that holds somebody; the chosen one takes its filter away."""
    places = []
    for sort, nombre in comptes:
        requete: QueryDict = request.GET.copy()
        requete.pop("apres", None)
        if sort.cle == choisi:
            requete.pop("etat", None)
        else:
            requete["etat"] = sort.cle
        places.append(Filtre(sort, nombre, f"{request.path}?{requete.urlencode()}", sort.cle == choisi))
    return places


def _rangee(travail: Travail) -> bool:
    """Succeeded long enough ago to leave the page."""
    fini = travail.fini_le if travail.etat == Travail.Etat.REUSSI else None
    return fini is not None and timezone.now() - fini > RESULTAT_MONTRE


@require_safe
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The tracking page as a file, filtered as it is."""
    campagne = la_campagne(request, pk, "offres.suivre_campagne")
    forme = request.GET.get("format", "xlsx")
    reponses = FiltresSuiviForm(request.GET, campagne=campagne).filtrer(suivi.avec_sort(campagne.reponses.comptees()))
    lues = suivi.avec_relances(
        reponses.select_related("structure__commune__bassin", "soumise_par").order_by(
            "structure__nom_recherche", "structure_id"
        )
    )
    return ecrire_tableau(
        _rangees(lues.iterator(500)),
        ENTETES,
        cast(Format, forme if forme in FORMATS else "xlsx"),
        titre=f"Suivi de {campagne.nom}",
    )


def _rangees(reponses: Iterator[Any]) -> Iterator[list[object]]:
    for reponse in reponses:
        structure, ecrits = reponse.structure, reponse.ecrits
        yield [
            structure.nom, structure.type_court, str(structure.commune), str(structure.commune.bassin or ""),
            suivi.SORTS[reponse.sort_suivi].libelle, reponse.etape, reponse.invitee_le, reponse.ouverte_le,
            reponse.commencee_le, reponse.soumise_le, str(reponse.soumise_par or ""), reponse.get_refus_display(),
            reponse.motif_refus, len(ecrits), _dernier(ecrits),
        ]  # fmt: skip


def _dernier(ecrits: list[Any]) -> str:
    """« Rappel, sept jours après : Envoyé »."""
    if not ecrits:
        return ""
    dernier = ecrits[-1]
    etat = dernier.courriel.get_etat_display() if dernier.courriel else dernier.get_sort_display()
    if dernier.courriel and dernier.courriel.retour:
        etat = f"{etat}, {dernier.courriel.get_retour_display()}"
    return f"{dernier.occasion}\u00a0: {etat}"


@require_http_methods(["GET", "HEAD", "POST"])
def rouvrir(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """Give an answer back to its structure, with a reason."""
    reponse = charger(request, reponse_id)
    exiger(request.user, "offres.rouvrir", reponse, raison="La coordination du pôle rouvre une réponse.")
    if reponse.etat != Reponse.Etat.SOUMISE:
        messages.info(request, "Cette réponse n’est pas envoyée\u00a0: il n’y a rien à rouvrir.")
        return redirect(reponse.campagne)
    form = ReouvertureForm(postees(request))
    if request.method == "POST" and form.is_valid():
        try:
            operations.rouvrir(reponse, form.cleaned_data["motif"], personne(request))
            messages.success(
                request, f"La réponse {de_nom(reponse.structure.nom)} est rouverte\u00a0; un courriel le lui dit."
            )
        except ActionImpossible as erreur:
            messages.info(request, str(erreur))
        return redirect(reponse.campagne)
    return render(
        request, "offres/rouvrir.html", {"reponse": reponse, "form": form}, status=422 if form.errors else 200
    )
