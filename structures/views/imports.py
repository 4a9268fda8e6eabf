"""Imports: give a file, follow the job, read the journal."""

import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from socle.droits import exiger
from socle.travaux import demander
from structures.forms import NouvelImport
from structures.models import Import
from structures.referentiel import TYPES
from structures.travaux import GENRE
from structures.views.annuaire import personne_de

RAISON = "Les imports reviennent à la coordination d’un pôle et à l’administration du portail."
MONTRES = 30


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The last imports, and a form to send a file."""
    exiger(request.user, "structures.importer", raison=RAISON)
    envoye = request.method == "POST"
    formulaire = NouvelImport(request.POST if envoye else None, request.FILES if envoye else None)
    if envoye and formulaire.is_valid():
        fichier = formulaire.cleaned_data["fichier"]
        chemin = _deposer(fichier.chunks())
        defaut = formulaire.verifier(chemin)
        if not defaut:
            return _lancer(request, chemin, fichier.name or "fichier", formulaire.cleaned_data["essai"])
        chemin.unlink()
        formulaire.add_error("fichier", defaut)
    faits = Import.objects.select_related("par").defer("rejets", "modifications", "ecarts", "remarques", "disparues")
    contexte = {"form": formulaire, "imports": faits[:MONTRES]}
    return render(request, "structures/imports.html", contexte, status=422 if formulaire.errors else 200)


def _deposer(blocs: Iterable[bytes]) -> Path:
    """Keep the file for the worker, by blocks: it may weigh hundreds of megabytes."""
    dossier = Path(settings.VAR) / "imports"
    dossier.mkdir(parents=True, exist_ok=True)
    chemin = dossier / uuid.uuid4().hex
    with chemin.open("wb") as sortie:
        for bloc in blocs:
            sortie.write(bloc)
    return chemin


@transaction.atomic
def _lancer(request: HttpRequest, chemin: Path, nom: str, essai: bool) -> HttpResponse:
    personne = personne_de(request)
    journal = Import.objects.create(fichier=nom[:200], essai=essai, par=personne)
    travail = demander(
        GENRE,
        f"Import de {nom}"[:200],
        objet=f"import:{journal.pk}",
        parametres={"import": journal.pk, "chemin": str(chemin)},
        demandeur=personne,
    )
    return redirect("socle:travail", travail.pk)


@require_safe
def journal(request: HttpRequest, pk: int) -> HttpResponse:
    """What one import did, line by line."""
    exiger(request.user, "structures.importer", raison=RAISON)
    fait = get_object_or_404(Import.objects.select_related("par"), pk=pk)
    types = sorted(fait.compteurs.get("types", {}).items(), key=lambda paire: -paire[1])
    contexte = {
        "journal": fait,
        "types": [(TYPES[slug].court if slug in TYPES else slug, nombre) for slug, nombre in types],
        "hors_perimetre": sorted(fait.hors_perimetre.items(), key=lambda paire: -paire[1]),
    }
    return render(request, "structures/import.html", contexte)
