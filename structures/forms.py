"""What people type about structures: forms that say what is wrong at the field."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from socle.formulaires import FormulairePortail
from structures.imports.fiche import FichierIllisible
from structures.imports.sources import Entree, reconnaitre
from structures.models import Structure

if TYPE_CHECKING:
    ModeleStructure = forms.ModelForm[Structure]
    FichierEnvoye = UploadedFile[Any]
else:
    ModeleStructure = forms.ModelForm
    FichierEnvoye = UploadedFile

POIDS_MAX = 200 * 1024 * 1024


class NouvelImport(FormulairePortail, forms.Form):
    """A file of any known list; its form is recognised at once, so that a wrong file is said at the field."""

    fichier = forms.FileField(
        label="Fichier",
        help_text="FINESS (CSV ou JSON), annuaire de l’éducation, data·inclusion, ou un tableau CSV, Excel ou "
        "LibreOffice. 200\u00a0Mo au plus\u00a0; un fichier compressé en .gz est accepté.",
        error_messages={"empty": "Ce fichier est vide.", "required": "Choisissez un fichier."},
    )

    def clean_fichier(self) -> FichierEnvoye:
        fichier: FichierEnvoye = self.cleaned_data["fichier"]
        if (fichier.size or 0) > POIDS_MAX:
            raise forms.ValidationError(
                f"Ce fichier pèse {(fichier.size or 0) // 1024**2} Mo et la limite est de 200 Mo\u00a0: "
                "compressez-le en .gz, ou lancez «\u00a0manage.py importer\u00a0» sur le serveur."
            )
        return fichier

    @staticmethod
    def reconnaitre(chemin: Path) -> tuple[Entree | None, str]:
        """(the kind of the saved file, ""), or (None, why it is none that we read)."""
        try:
            return reconnaitre(chemin), ""
        except FichierIllisible as erreur:
            return None, str(erreur)
