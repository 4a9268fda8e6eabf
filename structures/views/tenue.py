"""Keeping the directory true: a new sheet, a closing, the sheets to confirm, those to ask about again."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle.droits import exiger, peut
from structures import operations
from structures.comptes.models import Utilisateur
from structures.doublons import registre
from structures.formulaires_fiche import NouvelleStructure
from structures.formulaires_tenue import FiltreAVerifier, MotifOuverture
from structures.fraicheur import RelanceImpossible, avec_suivi, du_ressort
from structures.fraicheur import relancer as relancer_la_fiche
from structures.models import Structure, StructureQuerySet
from structures.models.fraicheur import RAPPELS_MAX
from structures.views.annuaire import personne_de
from structures.views.fiche import trouver

PAR_PAGE = 30


def _personne(request: HttpRequest, permission: str, raison: str) -> Utilisateur:
    exiger(request.user, permission, raison=raison)
    personne = personne_de(request)
    if personne is None:
        raise PermissionDenied(raison)
    return personne


# --- my sheets to confirm --------------------------------------------------------------------


@never_cache
@require_safe
def a_confirmer(request: HttpRequest) -> HttpResponse:
    """The sheets that the signed-in person keeps, the oldest first; one button each."""
    personne = personne_de(request)
    if personne is None:
        raise PermissionDenied
    miennes = Structure.objects.de(personne).ouvertes().select_related("commune", "confirme_par")
    rappelees = set(Structure.objects.de(personne).a_rappeler().values_list("pk", flat=True))
    lignes = sorted(
        ((structure, structure.pk in rappelees) for structure in miennes), key=lambda ligne: ligne[0].a_jour_le
    )
    contexte = {"lignes": lignes, "restent": len(rappelees)}
    return render(request, "structures/a_confirmer.html", contexte)


# --- the sheets of a pôle to verify ----------------------------------------------------------


@never_cache
@require_safe
def a_verifier(request: HttpRequest) -> HttpResponse:
    """The stale sheets of one's pôles (of all for the administration), and what was already asked."""
    personne = _personne(
        request, "structures.verifier", "Suivre les fiches à vérifier revient à la coordination et à l’administration."
    )
    filtre = FiltreAVerifier(request.GET or None, par=personne)
    choix: dict[str, str] = {}
    if filtre.is_bound:
        filtre.is_valid()
        choix = {nom: str(v) for nom in filtre.fields if (v := filtre.cleaned_data.get(nom))}
    fiches = _filtrees(du_ressort(personne), choix)
    nombre = fiches.count()
    page = list(_apres(fiches, request.GET.get("apres", ""))[: PAR_PAGE + 1])
    suite = ""
    if len(page) > PAR_PAGE:
        page = page[:PAR_PAGE]
        suite = _adresse({**choix, "apres": f"{page[-1].depuis.isoformat()}_{page[-1].pk}"})
    contexte = {
        "filtre": filtre,
        "fiches": [(fiche, _relancable(fiche)) for fiche in page],
        "nombre": nombre,
        "rappels_max": RAPPELS_MAX,
        "demonstration_montree": any(fiche.fictive for fiche in page),
        "ici": request.get_full_path(),
        "debut": _adresse(choix) if request.GET.get("apres") else "",
        "suite": suite,
    }
    return render(request, "structures/a_verifier.html", contexte)


def _filtrees(structures: StructureQuerySet, choix: dict[str, str]) -> QuerySet[Any]:
    fiches = structures.a_verifier().filter(fusionnee_dans__isnull=True)
    if "bassin" in choix:
        fiches = fiches.du_bassin(choix["bassin"])
    if "famille" in choix:
        fiches = fiches.de_la_famille(choix["famille"])
    suivies = avec_suivi(fiches.annotate(depuis=Coalesce("confirme_le", "cree_le")))
    etat = choix.get("etat")
    if etat == FiltreAVerifier.SANS_REPONSE:
        suivies = suivies.filter(nb_rappels__gte=RAPPELS_MAX, rappel_en_cours=False)
    elif etat == FiltreAVerifier.EN_COURS:
        suivies = suivies.filter(rappel_en_cours=True)
    elif etat == FiltreAVerifier.PERSONNE:
        suivies = suivies.filter(nb_personnes=0)
    return suivies.select_related("commune__bassin", "commune__departement").order_by("depuis", "pk")


def _apres(fiches: QuerySet[Any], repere: str) -> QuerySet[Any]:
    """What follows a sheet, from the longest unconfirmed; everything when the mark is not one of ours."""
    brut, _, pk = repere.partition("_")
    depuis: datetime | None
    try:
        depuis = parse_datetime(brut.replace(" ", "+"))
        # In UTC here: a date at the edge of the calendar has none, and the database would break on it.
        depuis = depuis.astimezone(UTC) if depuis and depuis.tzinfo else None
    except (ValueError, OverflowError):
        depuis = None
    if depuis is None or not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return fiches
    return fiches.filter(Q(depuis__gt=depuis) | Q(depuis=depuis, pk__gt=int(pk)))


def _relancable(fiche: Any) -> bool:
    return not fiche.fictive and fiche.nb_personnes and not fiche.rappel_en_cours and fiche.relancee_le is None


def _adresse(choix: dict[str, str]) -> str:
    return reverse("structures:a_verifier") + (f"?{urlencode(choix)}" if choix else "")


@require_POST
def relancer(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind the people of a sheet once more, at the coordination's word."""
    structure, personne = trouver(pk), personne_de(request)
    exiger(
        request.user,
        "structures.relancer",
        structure,
        raison="Relancer une structure revient à la coordination de son pôle et à l’administration.",
    )
    if personne is not None:
        try:
            relancer_la_fiche(structure, personne)
        except RelanceImpossible as erreur:
            messages.warning(request, f"{structure.nom}\u00a0: {erreur}")
        else:
            messages.success(request, f"Le rappel est parti pour {structure.nom}.")
    suite = request.POST.get("suite", "")
    ici = reverse("structures:a_verifier")
    return redirect(suite if suite == ici or suite.startswith(f"{ici}?") else ici)


# --- a new sheet -----------------------------------------------------------------------------

RAISON_CREER = "Ouvrir une fiche revient à la coordination d’un pôle et à l’administration."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def nouvelle(request: HttpRequest) -> HttpResponse:
    """Open a sheet; the ones that look alike are shown first."""
    personne = _personne(request, "structures.creer", RAISON_CREER)
    formulaire = NouvelleStructure(request.POST if request.method == "POST" else None)
    semblables: list[Any] = []
    if request.method == "POST" and formulaire.is_valid():
        structure = formulaire.structure()
        if not peut(personne, "structures.fermer", structure):
            formulaire.add_error("ville", f"{structure.commune.nom} n’est pas dans le périmètre de votre pôle.")
        else:
            structure.fictive = personne.demonstration
            semblables = registre.semblables(structure)
            vues = ",".join(str(s.pk) for s, _ in semblables)
            if not semblables or formulaire.cleaned_data["vues"] == vues:
                structure = operations.creer(structure, personne)
                # Said to be another one: the coordination still sees the pair, and decides for good.
                registre.examiner(structure)
                messages.success(request, f"La fiche de {structure.nom} est ouverte. Invitez maintenant sa direction.")
                return redirect(structure)
    contexte = {
        "form": formulaire,
        "semblables": semblables,
        "vues": ",".join(str(s.pk) for s, _ in semblables),
    }
    return render(
        request, "structures/nouvelle.html", contexte, status=422 if formulaire.errors or semblables else 200
    )


# --- closing and opening again ---------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ouverture(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a structure with a reason, or open it again."""
    structure = trouver(pk)
    raison = "Fermer ou rouvrir une structure revient à la coordination de son pôle et à l’administration."
    exiger(request.user, "structures.fermer", structure, raison=raison)
    formulaire = MotifOuverture(request.POST if request.method == "POST" else None)
    personne = personne_de(request)
    if request.method == "POST" and formulaire.is_valid() and personne is not None:
        motif = formulaire.cleaned_data["motif"]
        if structure.fermee_le is None:
            operations.fermer(structure, personne, motif)
            messages.success(request, f"{structure.nom} est fermée\u00a0: elle ne figure plus dans l’annuaire.")
        else:
            operations.rouvrir(structure, personne, motif)
            messages.success(request, f"{structure.nom} est rouverte.")
        return redirect(structure)
    contexte = {"structure": structure, "form": formulaire, "personnes": structure.adhesions.actives().count()}
    return render(request, "structures/ouverture.html", contexte, status=422 if formulaire.errors else 200)
