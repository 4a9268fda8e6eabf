"""What awaits, after imports, whoever keeps the directory."""

from collections.abc import Sequence

from django.db.models import Count
from django.urls import reverse

from socle.droits import peut
from socle.prises import Attente
from structures.comptes.models import Utilisateur
from structures.imports import decisions
from structures.models import Import


def attentes(personne: Utilisateur) -> Sequence[Attente]:
    """Closures to decide, by import; previews to apply; differences to settle (three queries)."""
    if not peut(personne, "structures.importer"):
        return []
    attendues = [
        Attente(
            titre=f"Appliquer ou abandonner l’import de {journal.fichier}",
            url=reverse("structures:import", args=[journal.pk]),
            quand=journal.fini_le,
            urgence=40,
            detail="L’aperçu est prêt.",
        )
        for journal in Import.objects.filter(par=personne, etat=Import.Etat.APERCU).order_by("-pk")[:5]
    ]
    par_import = (
        decisions.propositions(personne)
        .order_by("journal")
        .values_list("journal", "journal__fichier", "journal__fini_le")
        .annotate(nombre=Count("pk"))
    )
    for pk, fichier, quand, nombre in par_import:
        attendues.append(
            Attente(
                titre=f"Fermer ou garder {nombre} structure{'s' if nombre > 1 else ''} absente"
                f"{'s' if nombre > 1 else ''} d’une liste",
                url=f"{reverse('structures:import', args=[pk])}?voir=disparues",
                quand=quand,
                urgence=60,
                detail=fichier,
            )
        )
    ecarts = decisions.ecarts_ouverts(personne).count()
    if ecarts:
        attendues.append(
            Attente(
                titre=f"Regarder {ecarts} différence{'s' if ecarts > 1 else ''} entre un fichier et des structures",
                url=reverse("structures:ecarts"),
                urgence=60,
            )
        )
    return attendues
