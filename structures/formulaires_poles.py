"""What people type about the pôles and their perimeter."""

from typing import Any

from django import forms

from socle.formulaires import FormulairePortail
from structures.territoires.models import Bassin, Departement, Pole


class NouveauPole(FormulairePortail, forms.Form):
    """A pôle starts from bassins."""

    nom = forms.CharField(
        label="Nom du pôle", max_length=120, help_text="Par exemple\u00a0: Pôle de Vernon et Gisors."
    )
    bassins = forms.ModelMultipleChoiceField(
        label="Bassins d’emploi de départ",
        queryset=Bassin.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="Toutes leurs communes entrent dans le périmètre\u00a0; vous pourrez ensuite en retirer.",
        error_messages={"required": "Choisissez au moins un bassin."},
    )
    departement = forms.ModelChoiceField(
        label="Se limiter à un département",
        queryset=Departement.objects.none(),
        required=False,
        empty_label="Non, prendre les bassins entiers",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bassins, departement = self.fields["bassins"], self.fields["departement"]
        assert isinstance(bassins, forms.ModelMultipleChoiceField)  # noqa: S101 (narrowing)
        assert isinstance(departement, forms.ModelChoiceField)  # noqa: S101 (narrowing)
        bassins.queryset = Bassin.objects.de_la_region()
        departement.queryset = Departement.objects.de_la_region()

    def clean_nom(self) -> str:
        """Two pôles of one name could not be told apart."""
        nom: str = self.cleaned_data["nom"].strip()
        if Pole.objects.filter(nom__iexact=nom).exists():
            raise forms.ValidationError("Un pôle porte déjà ce nom. Choisissez-en un autre.")
        return nom

    def clean(self) -> dict[str, Any]:
        """The département must hold something of the bassins."""
        donnees = super().clean() or self.cleaned_data
        departement, bassins = donnees.get("departement"), donnees.get("bassins")
        if departement and bassins and not departement.communes.filter(bassin__in=bassins).exists():
            self.add_error("departement", "Aucune commune de ces bassins n’est dans ce département.")
        return donnees


class ChangementBassin(FormulairePortail, forms.Form):
    """Why the communes change; which ones is read from the check boxes of the page."""

    motif = forms.CharField(
        label="Pourquoi ce changement\u00a0?",
        max_length=250,
        required=False,
        help_text="Il sera montré dans l’historique du pôle.",
    )
    vu = forms.CharField(widget=forms.HiddenInput, max_length=16)
