"""Preparing a campaign, step by step: dates, structures, texts, helps, check and open."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from offres import campagnes as conduite
from offres import textes
from offres.forms.campagnes import AidesForm, CadreForm, CibleForm, CollageForm, TexteForm
from offres.lettre import imprimer
from offres.liste_collee import lire as lire_une_liste
from offres.models import Campagne
from offres.operations import ActionImpossible
from offres.views.campagnes import la_campagne, trouvees
from offres.views.feuilleter import feuilleter
from offres.views.parcours import personne, postees
from socle.droits import exiger
from socle.templatetags.typographie import pluriel
from structures.comptes.regles import poles_coordonnes
from structures.models import Structure

PAR_PAGE = 100
# Proposed at first: time for the four reminders.
DUREE = timedelta(days=30)


@dataclass(frozen=True)
class Pas:
    nom_url: str
    titre: str


PAS: tuple[Pas, ...] = (
    Pas("offres:cadre_campagne", "Dates"),
    Pas("offres:structures_campagne", "Structures attendues"),
    Pas("offres:textes_campagne", "Courriels et lettre"),
    Pas("offres:aides_campagne", "Aides du questionnaire"),
    Pas("offres:verifier_campagne", "Vérifier et ouvrir"),
)


def contexte(campagne: Campagne, rang: int) -> dict[str, Any]:
    """What every step shows: the way through, the next step."""
    return {
        "campagne": campagne,
        "fil": [("Campagnes", reverse("offres:campagnes"))],
        "pas": [
            {"titre": pas.titre, "url": reverse(pas.nom_url, args=[campagne.pk]), "ici": numero == rang}
            for numero, pas in enumerate(PAS)
        ],
        "rang": rang + 1,
        "suivante": reverse(PAS[rang + 1].nom_url, args=[campagne.pk]) if rang + 1 < len(PAS) else "",
        "ici": PAS[rang].titre,
    }


def _en_preparation(request: HttpRequest, pk: int) -> Any:
    """The campaign, to be changed only before it opens. Raises Http404 once it is open."""
    campagne = la_campagne(request, pk)
    if not campagne.en_preparation:
        raise Http404("Cette campagne est déjà ouverte.")
    return campagne


@require_http_methods(["GET", "HEAD", "POST"])
def ouvrir(request: HttpRequest) -> HttpResponse:
    """Begin a campaign: its pôle, its name, its dates. Nobody is asked anything yet."""
    poles = poles_coordonnes(request.user)
    if not poles:
        raise PermissionDenied("La coordination d’un pôle ouvre ses campagnes.")
    jour = timezone.localdate()
    form = CadreForm(postees(request), poles=poles, initial={"debut": jour, "fin": jour + DUREE})
    if request.method == "POST" and form.is_valid():
        d = form.cleaned_data
        exiger(request.user, "offres.ouvrir_campagne", d["pole"])
        campagne = conduite.preparer(d["pole"], d["nom"], d["debut"], d["fin"], personne(request), d["message"])
        if not campagne.en_preparation:
            form.add_error("nom", "Une campagne de ce nom est déjà ouverte aux mêmes dates.")
        else:
            return redirect("offres:structures_campagne", campagne.pk)
    statut = 422 if form.is_bound and form.errors else 200
    return render(request, "offres/campagne_ouvrir.html", {"form": form}, status=statut)


@require_http_methods(["GET", "HEAD", "POST"])
def cadre(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 1, again: name, dates, word."""
    campagne = _en_preparation(request, pk)
    initiales = {nom: getattr(campagne, nom) for nom in ("nom", "debut", "fin", "message")}
    form = CadreForm(
        postees(request), poles=frozenset({campagne.pole_id}), initial={**initiales, "pole": campagne.pole}
    )
    del form.fields["pole"]
    if request.method == "POST" and form.is_valid():
        d = form.cleaned_data
        try:
            conduite.modifier_cadre(campagne, d["nom"], d["debut"], d["fin"], d["message"])
            return redirect("offres:structures_campagne", campagne.pk)
        except ActionImpossible as erreur:
            return _refus(request, campagne, erreur)
    return render(
        request,
        "offres/campagne_cadre.html",
        {**contexte(campagne, 0), "form": form},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def structures(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: bassins, types, then one by one; others by their name."""
    campagne = _en_preparation(request, pk)
    form, collage = CibleForm(campagne=campagne), CollageForm()
    if request.method == "POST":
        if request.POST.get("cible") or request.POST.get("geste") == "choisir":
            form = CibleForm(request.POST, campagne=campagne)
        if request.POST.get("geste") == "coller":
            collage = CollageForm(request.POST)
        try:
            suite = _changer_la_liste(request, campagne, form, collage)
        except ActionImpossible as erreur:
            return _refus(request, campagne, erreur)
        if suite:
            return redirect(suite)
    donnees = {**_contexte_structures(request, campagne, form), "collage": collage, "collee": collage.is_bound}
    return render(
        request, "offres/campagne_structures.html", donnees, status=422 if form.errors or collage.errors else 200
    )


def _changer_la_liste(request: HttpRequest, campagne: Campagne, form: CibleForm, collage: CollageForm) -> str:
    """Do what was asked of the list; where to go then (« » : a form holds errors). Raises ActionImpossible."""
    geste, requete = request.POST.get("geste", ""), ""
    if geste == "coller":
        if not collage.is_valid():
            return ""
        _coller(request, campagne, collage.cleaned_data["liste"])
    elif geste == "ajouter":
        _ajouter(request, campagne)
    else:
        if form.is_bound and not form.is_valid():
            return ""
        if montrees := _numeros(request, "montree"):
            conduite.cocher(campagne, montrees, _numeros(request, "gardee"))
        change = form.is_bound and form.change
        if change:
            conduite.choisir(campagne, bassins=form.cleaned_data["bassins"], types=form.cleaned_data["types"])
        elif geste == "continuer":
            return reverse("offres:textes_campagne", args=[campagne.pk])
        if geste == "continuer":
            messages.info(request, "Le choix des bassins ou des types a changé\u00a0: relisez la liste.")
        # The next page of the list, else back to the one that was ticked.
        if (apres := request.POST.get("suivante" if geste == "page" else "apres", "")[:200]) and not change:
            requete = f"?{urlencode({'apres': apres})}"
    return f"{request.path}{requete}#liste"


def _coller(request: HttpRequest, campagne: Campagne, texte: str) -> None:
    """Expect only the structures of a pasted list; say which lines nobody answers to."""
    trouvees_, inconnues = lire_une_liste(texte)
    if not trouvees_:
        messages.error(request, "Aucune ligne ne désigne une structure de l’annuaire\u00a0: rien n’est changé.")
        return
    conduite.attendre_seulement(campagne, trouvees_)
    reconnues = pluriel(len(trouvees_), "structure est attendue,structures sont attendues")
    messages.success(request, f"{reconnues}, et aucune autre.")
    if inconnues:
        mots = pluriel(len(inconnues), "ligne ne désigne,lignes ne désignent")
        montrees = "\u00a0; ".join(ligne[:60] for ligne in inconnues[:10])
        suite = "…" if len(inconnues) > 10 else ""
        messages.warning(request, f"{mots} aucune structure, ou en désignent plusieurs\u00a0: {montrees}{suite}.")


def _refus(request: HttpRequest, campagne: Campagne, erreur: ActionImpossible) -> HttpResponse:
    """Somebody opened or closed it meanwhile: its page says where it is."""
    messages.info(request, str(erreur))
    return redirect(campagne)


def _contexte_structures(request: HttpRequest, campagne: Campagne, form: CibleForm) -> dict[str, Any]:
    choisies = conduite.structures_visees(campagne.pole, campagne.types, campagne.bassins)
    attendues = conduite.attendues_de(campagne)
    montrees = Structure.objects.ouvertes().filter(pk__in=choisies.values("pk")) | Structure.objects.ouvertes().filter(
        pk__in=campagne.ajoutees
    )
    page, suite = feuilleter(request, montrees.select_related("commune__bassin"), PAR_PAGE)
    gardees = set(attendues.filter(pk__in=[s.pk for s in page]).values_list("pk", flat=True))
    muettes = set(conduite.sans_destinataire(attendues.filter(pk__in=gardees)).values_list("pk", flat=True))
    nombre = attendues.count()
    return {
        **contexte(campagne, 1),
        "form": form,
        "lignes": [(s, s.pk in gardees, s.pk in muettes) for s in page],
        "nombre": nombre,
        "muettes": conduite.sans_destinataire(attendues).count(),
        "suite": suite,
        "apres_suite": parse_qs(urlsplit(suite).query).get("apres", [""])[0],
        "apres": request.GET.get("apres", "")[:200],
        "debut": f"{request.path}#liste" if request.GET.get("apres") else "",
        **trouvees(request, campagne),
    }


def _numeros(request: HttpRequest, nom: str) -> list[int]:
    return [int(n) for n in request.POST.getlist(nom)[: 2 * PAR_PAGE] if n.isdecimal() and len(n) < 16]


def _ajouter(request: HttpRequest, campagne: Campagne) -> None:
    numeros = _numeros(request, "structure")
    structure = get_object_or_404(Structure.objects.ouvertes(), pk=numeros[0] if numeros else 0)
    try:
        conduite.ajouter(campagne, structure, personne(request))
        messages.success(request, f"{structure.nom} est attendue.")
    except ActionImpossible as erreur:
        messages.error(request, str(erreur))


@require_POST
def ajouter(request: HttpRequest, pk: int) -> HttpResponse:
    """One more structure in a campaign already open: it is invited at once."""
    campagne = la_campagne(request, pk)
    _ajouter(request, campagne)
    return redirect(campagne)


@require_http_methods(["GET", "HEAD", "POST"])
def les_textes(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: the list of the texts, and those of the pôle's last campaign on request."""
    campagne = la_campagne(request, pk)
    precedente = (
        Campagne.objects.filter(pole=campagne.pole, en_preparation=False)
        .exclude(pk=campagne.pk)
        .exclude(textes={}, aides={})
        .order_by("-debut", "-pk")
        .first()
    )
    if request.method == "POST" and precedente is not None:
        try:
            conduite.reprendre_les_textes(campagne, precedente)
        except ActionImpossible as erreur:
            return _refus(request, campagne, erreur)
        messages.success(request, f"Les textes de «\u00a0{precedente.nom}\u00a0» sont repris.")
        return redirect(request.path)
    return render(
        request,
        "offres/campagne_textes.html",
        {
            **contexte(campagne, 2),
            "modeles": [
                (m, textes.textes_de(campagne, m.cle)[0], m.cle in campagne.textes) for m in textes.MODELES.values()
            ],
            "precedente": precedente,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def texte(request: HttpRequest, pk: int, cle: str) -> HttpResponse:
    """One text: its words, its variables, and what it gives for a structure of the campaign."""
    campagne = la_campagne(request, pk)
    if cle not in textes.MODELES:
        raise Http404
    modele = textes.MODELES[cle]
    sujet, corps = textes.textes_de(campagne, cle)
    form = TexteForm(postees(request), modele=modele, initial={"sujet": sujet, "texte": corps})
    if request.method == "POST" and request.POST.get("geste") == "reprendre":
        try:
            conduite.reprendre_modele(campagne, cle)
        except ActionImpossible as erreur:
            return _refus(request, campagne, erreur)
        messages.success(request, "Le texte d’origine est repris.")
        return redirect(request.path)
    if request.method == "POST" and form.is_valid():
        sujet, corps = form.cleaned_data["sujet"], form.cleaned_data["texte"]
        if request.POST.get("geste") != "apercu":
            try:
                conduite.changer_texte(campagne, cle, sujet, corps)
                messages.success(request, "Le texte est enregistré.")
            except ActionImpossible as erreur:
                messages.error(request, str(erreur))
            return redirect("offres:textes_campagne", campagne.pk)
    noms = list(conduite.attendues_de(campagne).order_by("nom_recherche", "pk")[:2]) or [
        Structure(nom="IME Les Tilleuls")
    ]
    seule = textes.composer(campagne, cle, textes.exemple(campagne, noms[:1]), sujet=sujet, texte=corps)
    plusieurs = textes.composer(campagne, cle, textes.exemple(campagne, noms), sujet=sujet, texte=corps)
    return render(
        request,
        "offres/campagne_texte.html",
        {
            **contexte(campagne, 2),
            "modele": modele,
            "form": form,
            "variables": textes.VARIABLES.values(),
            "change": cle in campagne.textes,
            "apercu": seule,
            "apercu_groupe": plusieurs if len(noms) > 1 and modele.exige else None,
        },
        status=422 if form.errors else 200,
    )


@require_safe
def lettre(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter as a PDF, to be signed and joined."""
    campagne = la_campagne(request, pk, "offres.suivre_campagne")
    reponse = HttpResponse(imprimer(campagne), content_type="application/pdf")
    reponse["Content-Disposition"] = f'inline; filename="lettre-campagne-{campagne.pk}.pdf"'
    reponse["Cache-Control"] = "private, no-store"
    return reponse


@require_http_methods(["GET", "HEAD", "POST"])
def aides(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: a few words of the coordination at the top of the questionnaire's pages."""
    campagne = la_campagne(request, pk)
    form = AidesForm(postees(request), initial=campagne.aides)
    if request.method == "POST" and form.is_valid():
        try:
            conduite.changer_aides(campagne, form.cleaned_data)
            messages.success(request, "Les aides sont enregistrées.")
        except ActionImpossible as erreur:
            messages.error(request, str(erreur))
        return redirect("offres:verifier_campagne" if campagne.en_preparation else "offres:campagne", campagne.pk)
    return render(
        request,
        "offres/campagne_aides.html",
        {**contexte(campagne, 3), "form": form},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def verifier(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 5: everything on one page, then open: an e-mail sent can't be taken back."""
    campagne = la_campagne(request, pk)
    if not campagne.en_preparation:
        return redirect(campagne)
    if request.method == "POST":
        try:
            travail = conduite.ouvrir(campagne, personne(request))
            quand = "" if travail else " Les invitations partiront le premier jour."
            messages.success(request, f"La campagne «\u00a0{campagne.nom}\u00a0» est ouverte.{quand}")
            return redirect(campagne)
        except ActionImpossible as erreur:
            messages.error(request, str(erreur))
    attendues = conduite.attendues_de(campagne)
    noms = list(attendues.order_by("nom_recherche", "pk")[:1]) or [Structure(nom="IME Les Tilleuls")]
    return render(
        request,
        "offres/campagne_verifier.html",
        {
            **contexte(campagne, 4),
            "nombre": attendues.count(),
            "muettes": conduite.sans_destinataire(attendues).count(),
            "a_venir": campagne.debut > timezone.localdate(),
            "apercu": textes.composer(campagne, "invitation", textes.exemple(campagne, noms)),
        },
    )


@require_POST
def abandonner(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw away what was never opened."""
    campagne = la_campagne(request, pk)
    try:
        conduite.abandonner(campagne)
        messages.success(request, "La préparation est abandonnée\u00a0: personne n’a rien reçu.")
    except ActionImpossible as erreur:
        messages.error(request, str(erreur))
    return redirect("offres:campagnes")
