"""Campaigns: open one, follow it, give an answer back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from offres import operations
from offres.forms.campagnes import CampagneForm, ReouvertureForm
from offres.models import Campagne, Reponse
from offres.operations import GENRE_INVITATIONS, ActionImpossible
from offres.templatetags.offres_mots import de_nom
from offres.views.parcours import charger, personne, postees
from socle.droits import exiger
from socle.models import Travail
from socle.recherche import normaliser
from structures.comptes.regles import est_coordination, est_pilotage, poles_coordonnes
from structures.models import Adhesion
from structures.territoires.models import Bassin

PAR_PAGE = 50
RESULTAT_MONTRE = timedelta(hours=1)
TONS = {"invitee": "neutre", "brouillon": "info", "rouverte": "alerte", "soumise": "succes"}


@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """What I follow (coordination, pilotage) and what I am asked (members)."""
    exiger(request.user, "offres.voir_campagnes")
    suivies = Campagne.objects.none()
    if est_pilotage(request.user):
        suivies = Campagne.objects.all()
    elif est_coordination(request.user):
        suivies = Campagne.objects.filter(pole__in=poles_coordonnes(request.user))
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
            "reponses": [(reponse, TONS[reponse.etat]) for reponse in miennes[:100]],
            "suit": est_pilotage(request.user) or est_coordination(request.user),
            "peut_ouvrir": est_coordination(request.user),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ouvrir(request: HttpRequest) -> HttpResponse:
    """Fill in, see who will be written to, then open: an e-mail sent can't be taken back."""
    poles = poles_coordonnes(request.user)
    if not poles:
        raise PermissionDenied("La coordination d’un pôle ouvre ses campagnes.")
    form = CampagneForm(postees(request), poles=poles)
    if request.method == "POST" and form.is_valid():
        d = form.cleaned_data
        exiger(request.user, "offres.ouvrir_campagne", d["pole"])
        visees = operations.structures_visees(d["pole"], d["types"])
        nombre = visees.count()
        if not nombre:
            form.add_error("types", "Aucune structure ouverte du périmètre n’est de ce type.")
        elif request.POST.get("confirmer") == "oui":
            campagne, _ = operations.ouvrir_campagne(
                d["pole"], d["nom"], d["debut"], d["fin"], personne(request), types=d["types"], message=d["message"]
            )
            messages.success(request, f"La campagne «\u00a0{campagne.nom}\u00a0» est ouverte.")
            return redirect(campagne)
        elif request.POST.get("confirmer") != "non":
            avec_direction = (
                visees.filter(
                    adhesions__in=Adhesion.objects.actives().filter(
                        role=Adhesion.Role.DIRECTION, utilisateur__is_active=True
                    )
                )
                .distinct()
                .count()
            )
            return render(
                request,
                "offres/campagne_confirmer.html",
                {"form": form, "donnees": d, "nombre": nombre, "muettes": nombre - avec_direction},
            )
    statut = 422 if form.is_bound and form.errors else 200
    return render(request, "offres/campagne_ouvrir.html", {"form": form}, status=statut)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is invited, who is writing, who has sent."""
    campagne = get_object_or_404(Campagne.objects.select_related("pole").avec_avancement(), pk=pk)
    exiger(request.user, "offres.suivre_campagne", campagne, raison="Cette campagne est celle d’un autre pôle.")
    etat = request.GET.get("etat", "")
    reponses = campagne.reponses.comptees()
    if etat in Reponse.Etat.values:
        reponses = reponses.filter(etat=etat)
    page, suite = _page_de_reponses(request, reponses)
    taux = Reponse.objects.filter(campagne=campagne).taux_par_bassin()
    noms = dict(Bassin.objects.filter(pk__in=taux).values_list("pk", "nom"))
    travail = Travail.objects.filter(genre=GENRE_INVITATIONS, objet=str(campagne.pk)).first()
    return render(
        request,
        "offres/campagne.html",
        {
            "campagne": campagne,
            "fil": [("Campagnes", reverse("offres:campagnes"))],
            "reponses": [(reponse, TONS[reponse.etat]) for reponse in page],
            "etat": etat,
            "etats": Reponse.Etat.choices,
            "suite": suite,
            "debut": request.path if request.GET.get("apres") else "",
            "bassins": sorted(((noms.get(code, code), t) for code, t in taux.items()), key=lambda b: normaliser(b[0])),
            # Done a moment ago, its result is still read here: how many have nobody to write to.
            "travail": travail if travail is not None and not _rangee(travail) else None,
            "coordonne": campagne.pole_id in poles_coordonnes(request.user),
        },
    )


def _rangee(travail: Travail) -> bool:
    """Succeeded long enough ago to leave the page."""
    fini = travail.fini_le if travail.etat == Travail.Etat.REUSSI else None
    return fini is not None and timezone.now() - fini > RESULTAT_MONTRE


def _page_de_reponses(request: HttpRequest, reponses: Any) -> tuple[list[Reponse], str]:
    """In alphabetical order; the key of the next page is the last name and number shown."""
    lues = reponses.select_related("structure__commune__bassin", "soumise_par").order_by(
        "structure__nom_recherche", "structure_id"
    )
    nom, _, numero = request.GET.get("apres", "").rpartition("~")
    if numero.isdecimal() and len(numero) < 16:
        lues = lues.filter(
            Q(structure__nom_recherche__gt=nom) | Q(structure__nom_recherche=nom, structure_id__gt=int(numero))
        )
    page = list(lues[: PAR_PAGE + 1])
    if len(page) <= PAR_PAGE:
        return page, ""
    derniere = page[PAR_PAGE - 1].structure
    requete = request.GET.copy()
    requete["apres"] = f"{derniere.nom_recherche}~{derniere.pk}"
    return page[:PAR_PAGE], f"{request.path}?{requete.urlencode()}"


@require_http_methods(["GET", "HEAD", "POST"])
def rouvrir(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """Give an answer back to its structure, with a reason."""
    reponse = charger(request, reponse_id)
    exiger(request.user, "offres.rouvrir", reponse, raison="La coordination du pôle rouvre une réponse.")
    if reponse.modifiable:
        messages.info(request, "Cette réponse est déjà ouverte à la structure.")
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
