"""Long jobs of this room: freezing a version, sealing it."""

from typing import Any

from django.urls import reverse

from fiches_action.conventions import operations, scellement
from fiches_action.conventions.models import Convention
from socle.travaux import Suivi, executant
from structures.comptes.models import Utilisateur


@executant(operations.GENRE_FIGER)
def figer(suivi: Suivi) -> dict[str, Any]:
    travail = suivi.travail
    suivi.avancer(0, 1, "Mise en page du document")
    convention = Convention.objects.get(reference=travail.objet)
    par = Utilisateur.objects.filter(pk=travail.parametres["par"]).first()
    version = operations.figer(convention, revision=travail.parametres["revision"], par=par)
    suivi.avancer(1, 1, "Version figée")
    return {
        "resume": f"La version {version.numero} est figée\u00a0: {version.pages} pages.",
        "url": reverse("conventions:detail", args=[convention.reference]),
    }


@executant(scellement.GENRE_SCELLER)
def sceller(suivi: Suivi) -> dict[str, Any]:
    reference = suivi.travail.objet
    suivi.avancer(0, 1, "Cachet et horodatage")
    scellement.sceller(reference)
    suivi.avancer(1, 1, "Document scellé")
    return {
        "resume": "Le document est scellé.",
        "url": reverse("conventions:detail", args=[reference]),
    }
