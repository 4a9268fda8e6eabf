"""Bringing « autre service » to the list, or adding to the list."""

from typing import Any

from django import forms

from offres.models import Service
from offres.models.referentiel import HORS_LISTE
from offres.unites import MOTS
from socle.formulaires import FormulairePortail


class ClassementForm(FormulairePortail, forms.Form):
    """Which service of the list says the same thing."""

    service = forms.ModelChoiceField(
        label="Service de la liste",
        queryset=Service.objects.none(),
        empty_label="Choisir un service",
        error_messages={"required": "Choisissez le service qui dit la même chose."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        actifs = Service.objects.actifs().exclude(slug=HORS_LISTE)
        self.fields["service"].queryset = actifs  # type: ignore[attr-defined]


class DemandeForm(FormulairePortail, forms.Form):
    """What the administration is asked to add."""

    libelle = forms.CharField(
        label="Nom du service",
        max_length=120,
        error_messages={"required": "Donnez un nom au service proposé."},
    )
    definition = forms.CharField(
        label="Définition en une ligne",
        help_text="Ce que fait la structure, pour qui, sans nommer personne.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Dites en une ligne ce que c’est."},
    )


class AjoutForm(DemandeForm):
    """The same words, reviewed by the administration, and how its volume is counted."""

    unite = forms.ChoiceField(
        label="Unité du volume", choices=[(cle, f"{plusieurs} par an") for cle, (_, plusieurs, _) in MOTS.items()]
    )


class EcartForm(FormulairePortail, forms.Form):
    """Why it is not added."""

    motif = forms.CharField(
        label="Pourquoi ne pas l’ajouter\u00a0?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Dites pourquoi ce service n’est pas ajouté."},
    )
