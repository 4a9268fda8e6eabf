"""Opening a campaign, reopening an answer."""

from typing import Any

from django import forms
from django.utils import timezone

from offres.models import Campagne
from socle.formulaires import FormulairePortail
from structures.referentiel import choix_types
from structures.territoires.models import Pole


class CampagneForm(FormulairePortail, forms.ModelForm):  # type: ignore[type-arg]
    """Who is asked, until when."""

    types = forms.MultipleChoiceField(
        label="Types de structures à inviter",
        help_text="Sans choix, toutes les structures ouvertes du périmètre.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Campagne
        fields = ("pole", "nom", "debut", "fin", "types", "message")
        labels = {"nom": "Nom de la campagne", "message": "Un mot pour les directions", "pole": "Pôle"}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "nom": "Par exemple «\u00a0Recueil 2026\u00a0».",
            "message": "Il est repris dans le courriel d’invitation.",
        }
        widgets = {  # noqa: RUF012
            "debut": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "fin": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "message": forms.Textarea(attrs={"rows": 3, "maxlength": 1000}),
        }

    def __init__(self, *args: Any, poles: frozenset[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["types"].choices = choix_types()  # type: ignore[attr-defined]
        pole = self.fields["pole"]
        pole.queryset = Pole.objects.filter(pk__in=poles)  # type: ignore[attr-defined]
        pole.empty_label = None  # type: ignore[attr-defined]
        for nom in ("nom", "debut", "fin"):
            self.fields[nom].error_messages["required"] = (
                "Ce renseignement est nécessaire pour inviter les structures."
            )
        for nom in ("debut", "fin"):
            self.fields[nom].error_messages["invalid"] = "Cette date n’existe pas. Exemple\u00a0: 30/06/2026"

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        debut, fin = donnees.get("debut"), donnees.get("fin")
        if debut and fin and fin < debut:
            self.add_error("fin", "La date limite est avant l’ouverture\u00a0: vérifiez les deux dates.")
        elif fin and fin < timezone.localdate():
            self.add_error("fin", "Cette date est passée\u00a0: laissez aux structures le temps de répondre.")
        return donnees


class ReouvertureForm(FormulairePortail, forms.Form):
    """Why the answer goes back to its structure."""

    motif = forms.CharField(
        label="Que faut-il compléter ou corriger\u00a0?",
        help_text="La structure lit ce texte dans le courriel et en haut de son questionnaire.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Dites à la structure pourquoi sa réponse est rouverte."},
    )
