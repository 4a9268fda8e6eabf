"""Offers and needs of an answer: the list of a step, and one line at a time."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from offres import operations
from offres.apercu import Zone, apercu
from offres.enregistrement import rangees, rangees_propres
from offres.forms.lignes import (
    COMMUNES_MAX,
    COURTS,
    DERNIER_ESSENTIEL,
    RESULTATS_MAX,
    VOLETS,
    ServiceForm,
    VoletForm,
)
from offres.models import Besoin, Offre, Reponse
from offres.operations import GENRES, Conflit
from offres.relecture import manques_de_la_ligne
from offres.reprises import lignes_a_reprendre
from offres.views.parcours import (
    PAR_SLUG,
    charger,
    contexte,
    exiger_ecriture,
    jusqu_a_l_envoi,
    personne,
    peut_ecrire,
    postees,
)
from offres.views.saisie import champ_par_champ, fusionner_le_formulaire
from offres.vigilance import avertissement
from structures.territoires.models import Commune

Ligne = Offre | Besoin


@require_http_methods(["GET", "HEAD", "POST"])
@jusqu_a_l_envoi
def liste(request: HttpRequest, reponse_id: UUID, genre: str) -> HttpResponse:
    """Steps 2 and 3: the lines already written; POST goes on (« rien à proposer » is an answer)."""
    reponse = charger(request, reponse_id)
    if request.method == "POST":
        exiger_ecriture(request, reponse)
    if not peut_ecrire(request, reponse):
        return redirect("offres:etape_relecture", reponse.pk)
    etape = PAR_SLUG[genre]
    if request.method == "POST":
        operations.atteindre_etape(reponse, etape.numero, personne(request))
        if request.POST.get("suite") == "quitter":
            messages.success(
                request, "C’est enregistré. Votre brouillon vous attend\u00a0: il n’est pas encore envoyé."
            )
            return redirect(reponse)
        return (
            redirect("offres:etape_lignes", reponse.pk, "besoins")
            if genre == "offres"
            else redirect("offres:etape_cooperations", reponse.pk)
        )
    lignes = GENRES[genre].objects.filter(reponse=reponse).brouillons().pour_affichage()
    return render(
        request,
        "offres/etape_lignes.html",
        {
            **contexte(reponse, genre),
            "genre": genre,
            "reprises": lignes_a_reprendre(reponse, genre),
            "lignes": [(ligne, [COURTS[volet] for volet, _ in manques_de_la_ligne(ligne)]) for ligne in lignes],
        },
    )


def _groupes_de_services(form: VoletForm, reponse: Reponse, genre: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """The services, those that structures of this type usually offer (or ask) first."""
    choisi = str(form["service"].value() or "")
    champ = "offreurs_types" if genre == "offres" else "demandeurs_types"
    habituels: list[dict[str, Any]] = []
    autres: list[dict[str, Any]] = []
    for service in form.fields["service"].queryset:  # type: ignore[attr-defined]
        ligne = {"service": service, "choisi": service.slug == choisi}
        (habituels if reponse.structure.type in getattr(service, champ) else autres).append(ligne)
    verbe = "proposés" if genre == "offres" else "demandés"
    groupes = [(f"Souvent {verbe} par des structures comme la vôtre", habituels), ("Autres services", autres)]
    return [groupe for groupe in groupes if groupe[1]]


@require_http_methods(["GET", "HEAD", "POST"])
@jusqu_a_l_envoi
def ajouter(request: HttpRequest, reponse_id: UUID, genre: str) -> HttpResponse:
    """A new line begins with its service."""
    reponse = charger(request, reponse_id)
    if request.method == "POST":
        exiger_ecriture(request, reponse)
    elif not peut_ecrire(request, reponse):
        return redirect("offres:etape_relecture", reponse.pk)
    form = ServiceForm(postees(request), genre=genre)
    if request.method == "POST" and form.is_valid():
        d = form.cleaned_data
        ligne = operations.ajouter_ligne(
            reponse,
            genre,
            d["service"],
            personne(request),
            service_autre=d["service_autre"],
            description=d["description"],
        )
        _avertir(request, form)
        return redirect("offres:modifier_ligne", reponse.pk, genre, ligne.pk, "volume")
    return _page(request, reponse, genre, None, "service", form, None, 422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@jusqu_a_l_envoi
def modifier(request: HttpRequest, reponse_id: UUID, genre: str, pk: int, volet: str) -> HttpResponse:
    """One page of a line: read, save, go on."""
    reponse = charger(request, reponse_id)
    if request.method == "POST":
        exiger_ecriture(request, reponse)
    if not peut_ecrire(request, reponse):
        return redirect("offres:etape_relecture", reponse.pk)
    ligne = _ligne_ou_404(reponse, genre, pk)
    if volet not in VOLETS:
        return redirect("offres:modifier_ligne", reponse.pk, genre, pk, "service")
    classe = VOLETS[volet][0]
    if request.method == "POST" and request.POST.get("suite") == "chercher":
        return _page(request, reponse, genre, ligne, volet, _sans_controle(request, ligne, genre), None, 200)
    form = classe(postees(request), ligne=ligne, genre=genre)
    ressources = _ressources(request, ligne) if volet == "ressources" else None
    statut = 200
    if request.method == "POST":
        statut = 422
        if all([form.is_valid(), ressources is None or ressources.is_valid()]):
            try:
                _enregistrer(request, ligne, form, ressources)
                return _apres(request, reponse, genre, ligne, volet, form)
            except Conflit as conflit:
                fusion = fusionner_le_formulaire(request, reponse, f"{genre}-{ligne.pk}-{volet}", conflit)
                if not fusion.phrases:
                    return _apres(request, reponse, genre, ligne, volet, form)
                form, statut = classe(fusion.donnees, ligne=_ligne_ou_404(reponse, genre, pk), genre=genre), 409
                for phrase in fusion.phrases:
                    form.add_error(None, phrase)
                if ressources is not None:
                    ressources = rangees("ressources", [], fusion.donnees)
    return _page(request, reponse, genre, ligne, volet, form, ressources, statut)


def _ligne_ou_404(reponse: Reponse, genre: str, pk: int) -> Ligne:
    lignes = GENRES[genre].objects.filter(reponse=reponse).brouillons().select_related("service", "structure__commune")
    ligne: Any = get_object_or_404(lignes, pk=pk)
    ligne.reponse = reponse
    trouvee: Ligne = ligne
    return trouvee


def _ressources(request: HttpRequest, ligne: Ligne) -> "BaseFormSet[Any]":
    return rangees("ressources", ligne.ressources, postees(request))


def _enregistrer(request: HttpRequest, ligne: Ligne, form: VoletForm, ressources: "BaseFormSet[Any] | None") -> None:
    champs = form.champs()
    if ressources is not None:
        champs["ressources"] = rangees_propres("ressources", ressources)
    version = form.cleaned_data.get("version")
    operations.enregistrer_ligne(ligne, -1 if version is None else version, personne(request), champs, form.liens())
    _avertir(request, form)


def _avertir(request: HttpRequest, form: VoletForm) -> None:
    alerte = avertissement(*(str(form.cleaned_data.get(nom) or "") for nom in form.textes))
    if alerte:
        messages.warning(request, alerte)


def _apres(
    request: HttpRequest, reponse: Reponse, genre: str, ligne: Ligne, volet: str, form: VoletForm
) -> HttpResponse:
    suite = request.POST.get("suite")
    if suite == "ligne":
        return redirect(request.path + "#ressources")
    volets = list(VOLETS)
    rang = volets.index(volet) + 1
    if suite == "liste" or rang == len(volets):
        messages.success(request, f"«\u00a0{ligne.libelle}\u00a0» est enregistré.")
        return redirect("offres:etape_lignes", reponse.pk, genre)
    return redirect("offres:modifier_ligne", reponse.pk, genre, ligne.pk, volets[rang])


def _sans_controle(request: HttpRequest, ligne: Ligne, genre: str) -> VoletForm:
    """The zone page with what was typed, unchecked: the person only searches for a commune."""
    form = VOLETS["zone"][0](ligne=ligne, genre=genre)
    for nom in ("rayonnement", "rayon_km", "recherche", "version"):
        form.initial[nom] = request.POST.get(nom, "")
    for nom in ("bassins", "departements", "communes"):
        form.initial[nom] = request.POST.getlist(nom)
    return form


def _choix_de_communes(choisies: list[str], recherche: str) -> dict[str, Any]:
    """Chosen communes and those found, as check boxes."""
    codes = [str(code) for code in choisies][:500]
    trouvees = list(
        Commune.objects.rechercher(recherche[:80])
        .exclude(pk__in=codes)
        .select_related("departement")[: RESULTATS_MAX + 1]
    )
    return {
        "communes_choisies": Commune.objects.filter(pk__in=codes).select_related("departement").order_by("nom"),
        "communes_trouvees": trouvees[:RESULTATS_MAX],
        "trop_de_communes": len(trouvees) > RESULTATS_MAX,
        "recherche": recherche,
    }


def _apercu(reponse: Reponse, valeurs: Callable[[str], list[str]]) -> dict[str, Any]:
    """The zone being chosen, drawn. `valeurs` gives the values of a control."""
    genre = "".join(valeurs("rayonnement")[:1])
    rayon = "".join(valeurs("rayon_km")[:1]).strip()
    zone = Zone(
        genre,
        int(rayon) if rayon.isdecimal() and len(rayon) < 5 else None,
        *([code[:5] for code in valeurs(nom)[:COMMUNES_MAX]] for nom in ("communes", "bassins", "departements")),
    )
    return {"apercu": apercu(zone, reponse.structure), "rayonnement": genre}


@require_safe
def apercu_zone(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """The fragment of the map, asked while the zone is being chosen (with script)."""
    reponse = charger(request, reponse_id)
    return render(request, "offres/_apercu_zone.html", _apercu(reponse, request.GET.getlist))


@require_safe
def communes(request: HttpRequest) -> HttpResponse:
    """The fragment of the commune search (with script); the page itself does the same without."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return render(
        request,
        "offres/_communes.html",
        _choix_de_communes(request.GET.getlist("communes"), request.GET.get("recherche", "")),
    )


def _en_liste(valeur: Any) -> list[str]:
    """The value of a control, whatever its kind, as texts."""
    if valeur in (None, ""):
        return []
    return [str(une) for une in valeur] if isinstance(valeur, list | tuple) else [str(valeur)]


def _saisie(request: HttpRequest, reponse: Reponse, cle: str, statut: int) -> dict[str, Any]:
    return champ_par_champ(request, reponse, cle, relue=statut == 409)


def _rang(volet: str) -> int:
    """The number of a page, from 1."""
    return list(VOLETS).index(volet) + 1


def _page(
    request: HttpRequest,
    reponse: Reponse,
    genre: str,
    ligne: Ligne | None,
    volet: str,
    form: VoletForm,
    ressources: "BaseFormSet[Any] | None",
    statut: int,
) -> HttpResponse:
    _, titre_offre, titre_besoin = VOLETS[volet]
    donnees = {
        **contexte(reponse, genre),
        **(_saisie(request, reponse, f"{genre}-{ligne.pk}-{volet}", statut) if ligne is not None else {}),
        "genre": genre,
        "ligne": ligne,
        "volet": volet,
        "rang": _rang(volet),
        "nombre_volets": len(VOLETS),
        "volets": [(slug, COURTS[slug]) for slug in VOLETS],
        "titre": titre_offre if genre == "offres" else titre_besoin,
        "form": form,
        "ressources": ressources,
        "dernier": volet == list(VOLETS)[-1],
        "facultative": _rang(volet) > _rang(DERNIER_ESSENTIEL[genre]),
        "essentiel_dit": volet == DERNIER_ESSENTIEL[genre],
    }
    if ligne is None:
        donnees["nouvelle"] = reverse("offres:champs", args=[reponse.pk, "structure"])
    if volet == "service":
        donnees["groupes"] = _groupes_de_services(form, reponse, genre)
    if volet == "zone":
        valeurs = form["communes"].value() or []
        donnees |= _choix_de_communes([str(v) for v in valeurs], str(form["recherche"].value() or ""))
        donnees |= _apercu(reponse, lambda nom: _en_liste(form[nom].value()))
    return render(request, f"offres/volet_{volet}.html", donnees, status=statut)


@require_http_methods(["GET", "HEAD", "POST"])
@jusqu_a_l_envoi
def retirer(request: HttpRequest, reponse_id: UUID, genre: str, pk: int) -> HttpResponse:
    """Confirm, then remove a line that was not sent (it can't be undone)."""
    reponse = charger(request, reponse_id)
    if request.method == "POST":
        exiger_ecriture(request, reponse)
    if not peut_ecrire(request, reponse):
        return redirect("offres:etape_relecture", reponse.pk)
    ligne = _ligne_ou_404(reponse, genre, pk)
    if request.method == "POST":
        libelle = ligne.libelle
        operations.retirer_ligne(ligne, personne(request))
        messages.success(request, f"«\u00a0{libelle}\u00a0» est retiré de votre réponse.")
        return redirect("offres:etape_lignes", reponse.pk, genre)
    return render(request, "offres/retirer_ligne.html", {**contexte(reponse, genre), "genre": genre, "ligne": ligne})
