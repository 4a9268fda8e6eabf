"""The long jobs of this room."""

from pathlib import Path
from typing import Any

from django.urls import reverse

from socle.travaux import Suivi, executant
from structures.imports.fiche import FichierIllisible
from structures.imports.finess import importer_finess
from structures.models import Import

GENRE = "importer_finess"


@executant(GENRE)
def executer_import(suivi: Suivi) -> dict[str, Any]:
    """Import an uploaded file. Killed halfway, it starts again and finds its first lots unchanged."""
    parametres = suivi.travail.parametres
    journal, chemin = Import.objects.get(pk=parametres["import"]), Path(parametres["chemin"])

    def progres(fait: int, total: int, mots: str) -> None:
        # Kilobytes of the file: the number of lines is known only at its end.
        suivi.avancer(-(-fait // 1024), -(-total // 1024), mots)

    try:
        journal = importer_finess(chemin, journal=journal, progres=progres)
    except FichierIllisible as erreur:
        resume = f"Le fichier n’a pas pu être lu. {erreur}"
    else:
        c = journal.compteurs
        resume = (
            f"{c['importees']} structures : {c['creees']} créées, {c['modifiees']} modifiées, "
            f"{c['inchangees']} inchangées ; {c['rejetees']} lignes rejetées."
        )
        if journal.erreur:
            resume += f" {journal.erreur}"
    chemin.unlink(missing_ok=True)
    return {"resume": resume, "url": reverse("structures:import", args=[journal.pk])}
