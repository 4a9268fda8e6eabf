"""The directory and the sheet of a structure: public, each block according to who looks."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from socle.droits import peut
from structures.comptes.models import Utilisateur
from structures.forms import FiltreAnnuaire
from structures.models import Structure, StructureQuerySet

PAR_PAGE = 30
FILTRES = ("q", "famille", "type", "bassin", "departement")


def personne_de(request: HttpRequest) -> Utilisateur | None:
    """The signed-in person, or None for a visitor."""
    return request.user if isinstance(request.user, Utilisateur) else None


@login_not_required
@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """The directory: search, filters, keyset pages. Works without script."""
    filtre = FiltreAnnuaire(request.GET or None)
    criteres: dict[str, str] = {}
    if filtre.is_bound:
        filtre.is_valid()
        criteres = {nom: valeur for nom in FILTRES if (valeur := filtre.cleaned_data.get(nom))}
    choisies = _filtrer(Structure.objects.ouvertes(), criteres)
    nombre = choisies.count()
    page = list(_apres(choisies, request.GET.get("apres", "")).pour_liste()[: PAR_PAGE + 1])
    suite = ""
    if len(page) > PAR_PAGE:
        page = page[:PAR_PAGE]
        suite = "?" + _requete({**criteres, "apres": str(page[-1].pk)})
    contexte = {
        "filtre": filtre,
        "structures": page,
        "nombre": nombre,
        "puces": _puces(filtre, criteres),
        "debut": "?" + _requete(criteres) if request.GET.get("apres") else "",
        "suite": suite,
        "peut_tenir": peut(request.user, "structures.tenir_annuaire"),
    }
    return render(request, "structures/liste.html", contexte)


def _filtrer(structures: StructureQuerySet, criteres: dict[str, str]) -> StructureQuerySet:
    if "q" in criteres:
        structures = structures.rechercher(criteres["q"])
    if "famille" in criteres:
        structures = structures.de_la_famille(criteres["famille"])
    if "type" in criteres:
        structures = structures.filter(type=criteres["type"])
    if "bassin" in criteres:
        structures = structures.du_bassin(criteres["bassin"])
    if "departement" in criteres:
        structures = structures.du_departement(criteres["departement"])
    return structures


def _apres(structures: StructureQuerySet, pk: str) -> StructureQuerySet:
    """What follows a structure in alphabetical order; everything when it is not known."""
    repere = Structure.objects.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
    if repere is None:
        return structures
    nom = repere.nom_recherche
    return structures.filter(Q(nom_recherche__gt=nom) | Q(nom_recherche=nom, pk__gt=repere.pk))


def _requete(criteres: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(criteres)


def _puces(filtre: FiltreAnnuaire, criteres: dict[str, str]) -> list[dict[str, str]]:
    """One chip per filter in force, with the address that removes it."""
    return [
        {
            "texte": filtre.libelle(nom, valeur),
            "champ": str(filtre.fields[nom].label),
            "url": "?" + _requete({n: v for n, v in criteres.items() if n != nom}),
        }
        for nom, valeur in criteres.items()
    ]
