"""What people type about structures: forms that say what is wrong at the field."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from socle.formulaires import FormulairePortail
from structures.imports.fiche import FichierIllisible
from structures.imports.sources import Entree, reconnaitre
from structures.models import Structure
from structures.referentiel import FAMILLES, choix_types
from structures.territoires.models import Bassin, Departement

if TYPE_CHECKING:
    ModeleStructure = forms.ModelForm[Structure]
    FichierEnvoye = UploadedFile[Any]
else:
    ModeleStructure = forms.ModelForm
    FichierEnvoye = UploadedFile

POIDS_MAX = 200 * 1024 * 1024


class FiltreAnnuaire(FormulairePortail, forms.Form):
    """Search and filters of the directory (GET). An unknown value is said and left out."""

    q = forms.CharField(
        label="Rechercher",
        required=False,
        max_length=120,
        help_text="Nom, ville, code postal ou numéro FINESS",
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    famille = forms.ChoiceField(label="Famille", required=False)
    type = forms.ChoiceField(label="Type", required=False)
    bassin = forms.ChoiceField(label="Bassin d’emploi", required=False)
    departement = forms.ChoiceField(label="Département", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bassins = Bassin.objects.de_la_region().values_list("code", "nom")
        departements = Departement.objects.order_by("code").filter(communes__bassin__isnull=False).distinct()
        self._offrir("famille", "Toutes", [(f.slug, f.libelle) for f in FAMILLES.values()])
        self._offrir("type", "Tous", choix_types())
        self._offrir("bassin", "Tous", list(bassins))
        self._offrir("departement", "Tous", [(d.code, f"{d.nom} ({d.code})") for d in departements])

    def _offrir(self, nom: str, tous: str, choix: list[Any]) -> None:
        champ = self.fields[nom]
        assert isinstance(champ, forms.ChoiceField)  # noqa: S101 (narrowing for the type checker)
        champ.choices = [("", tous), *choix]
        champ.error_messages["invalid_choice"] = "Cette valeur n’existe pas : elle n’a pas été retenue."

    def libelle(self, nom: str, valeur: str) -> str:
        """The words of a chosen value."""
        champ = self.fields[nom]
        if not isinstance(champ, forms.ChoiceField):
            return f"«\u00a0{valeur}\u00a0»"
        plats: dict[Any, Any] = {}
        for cle, texte in champ.choices:  # type: ignore[misc, union-attr]
            plats.update(dict(texte) if isinstance(texte, list | tuple) else {cle: texte})
        return str(plats.get(valeur, valeur))


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
