"""What people type about structures: forms that say what is wrong at the field."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from socle.formulaires import FormulairePortail
from structures.imports.fiche import FichierIllisible
from structures.imports.sources import reconnaitre
from structures.models import Public, Structure
from structures.referentiel import FAMILLES, choix_types
from structures.territoires.models import Bassin, Commune, Departement
from structures.territoires.noms import normaliser_nom, sans_cedex

if TYPE_CHECKING:
    ModeleStructure = forms.ModelForm[Structure]
    FichierEnvoye = UploadedFile[Any]
else:
    ModeleStructure = forms.ModelForm
    FichierEnvoye = UploadedFile

POIDS_MAX = 600 * 1024 * 1024


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


class FicheStructure(FormulairePortail, ModeleStructure):
    """The sheet of a structure, for those who keep it. The town is typed; the postal code resolves it."""

    ville = forms.CharField(label="Commune", max_length=100)
    # Wider than the number: people type it with blanks.
    siret = forms.CharField(label="SIRET", max_length=20, required=False, help_text="Quatorze chiffres.")
    site_web = forms.URLField(
        label="Site web",
        required=False,
        assume_scheme="https",
        help_text="Adresse complète, par exemple https://www.exemple.fr",
    )

    class Meta:
        model = Structure
        fields = (
            "nom", "type", "adresse", "code_postal", "siret", "capacite", "publics", "telephone", "courriel",
            "site_web", "contact_fonction", "contact_nom", "contact_nom_public",
        )  # fmt: skip
        widgets = {"publics": forms.CheckboxSelectMultiple}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "capacite": "Nombre de places, ou de personnes accompagnées dans l’année.",
            "contact_fonction": "Par exemple : service insertion, secrétariat. Visible de tous.",
            "contact_nom": "Jamais montré aux visiteurs ; aux partenaires connectés seulement si vous cochez la case.",
        }

    field_order = (
        "nom", "type", "adresse", "code_postal", "ville", "siret", "capacite", "publics", "telephone", "courriel",
        "site_web", "contact_fonction", "contact_nom", "contact_nom_public",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ville"].initial = self.instance.commune.nom
        self.fields["code_postal"].required = True
        publics = self.fields["publics"]
        assert isinstance(publics, forms.ModelMultipleChoiceField)  # noqa: S101 (narrowing)
        publics.queryset = Public.objects.actifs()

    def clean_siret(self) -> str:
        """The fourteen digits, without the blanks."""
        siret = "".join(str(self.cleaned_data["siret"]).split())
        if siret and not (siret.isascii() and siret.isdigit() and len(siret) == 14):
            raise forms.ValidationError("Un SIRET compte quatorze chiffres.")
        return siret

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        code, ville = donnees.get("code_postal"), donnees.get("ville")
        if code and ville:
            commune = self._commune(str(code), str(ville))
            if commune is not None:
                donnees["commune"] = commune
        return donnees

    def _commune(self, code: str, ville: str) -> Commune | None:
        voulue = sans_cedex(normaliser_nom(ville))
        if voulue == self.instance.commune.nom_recherche and code == self.initial.get("code_postal"):
            return self.instance.commune
        possibles = list(Commune.objects.avec_code_postal(code).select_related("bassin"))
        for commune in possibles:
            if commune.nom_recherche == voulue:
                return commune
        # The postal code of a CEDEX belongs to no commune: the name decides if it is alone.
        homonymes = list(
            Commune.objects.filter(nom_recherche=voulue, departement_id__in=[code[:2], code[:3]]).select_related(
                "bassin"
            )[:2]
        )
        if not possibles and len(homonymes) == 1:
            return homonymes[0]
        if possibles:
            noms = ", ".join(commune.nom for commune in possibles[:12])
            self.add_error("ville", f"Au code postal {code} correspondent : {noms}. Écrivez l’un de ces noms.")
        else:
            self.add_error("code_postal", f"Aucune commune connue n’a le code postal {code}.")
        return None

    def corrections(self) -> dict[str, Any]:
        """The values for `operations.corriger`."""
        noms = [*self.Meta.fields, "commune"]
        return {nom: self.cleaned_data[nom] for nom in noms if nom in self.cleaned_data}


class NouvelImport(FormulairePortail, forms.Form):
    """A file of FINESS; its form is recognised at once, so that a wrong file is said at the field."""

    fichier = forms.FileField(
        label="Fichier FINESS",
        help_text="Extraction historique (CSV) ou flux quotidien (JSON), simple ou compressé en .gz.",
    )
    essai = forms.BooleanField(
        label="Faire un essai",
        required=False,
        help_text="Tout est vérifié et raconté, rien n’est écrit dans l’annuaire.",
    )

    def clean_fichier(self) -> FichierEnvoye:
        fichier: FichierEnvoye = self.cleaned_data["fichier"]
        if (fichier.size or 0) > POIDS_MAX:
            raise forms.ValidationError("Ce fichier dépasse 600 Mo : lancez plutôt « manage.py importer_finess ».")
        return fichier

    @staticmethod
    def verifier(chemin: Path) -> str:
        """Nothing, or why the saved file is not one of FINESS."""
        try:
            reconnaitre(chemin)
        except FichierIllisible as erreur:
            return str(erreur)
        return ""
