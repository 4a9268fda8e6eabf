"""What people type to name a structure, and why they decide."""

import re
from typing import Any

from django import forms
from django.db.models import Q

from socle.formulaires import FormulairePortail
from structures.identifiants import normaliser_numero
from structures.models import Structure

AIDE = "Son numéro FINESS, UAI, SIRET ou SAFIR, ou l’adresse de sa page dans le portail."


class ChampStructure(forms.CharField):
    """An open structure, named by a number or by the address of its page."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        kwargs.setdefault("help_text", AIDE)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        """The structure, or None for an empty optional field."""
        texte = super().clean(value).strip()
        if not texte:
            return None
        trouvees = list(_designees(texte).select_related("commune", "site_principal")[:2])
        if not trouvees:
            raise forms.ValidationError("Aucune structure ouverte ne porte ce numéro ou cette adresse.")
        if len(trouvees) > 1:
            raise forms.ValidationError(
                "Plusieurs structures partagent ce SIRET\u00a0: donnez l’adresse de la page de l’une d’elles."
            )
        return trouvees[0]


def _designees(texte: str) -> Any:
    ouvertes = Structure.objects.ouvertes()
    page = re.search(r"/structures/(\d{1,18})(/|$)", texte)
    if page:
        return ouvertes.filter(pk=int(page[1]))
    numero = normaliser_numero(texte)
    return ouvertes.filter(Q(finess=numero) | Q(uai=numero) | Q(safir=numero) | Q(siret=numero))


class Signalement(FormulairePortail, forms.Form):
    """« These two are one »."""

    une = ChampStructure(label="Une structure")
    autre = ChampStructure(label="Celle qui paraît être la même")

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        une, autre = donnees.get("une"), donnees.get("autre")
        if une is not None and autre is not None:
            if une.pk == autre.pk:
                self.add_error("autre", "C’est la même fiche\u00a0: désignez-en une autre.")
            elif une.fictive != autre.fictive:
                self.add_error("autre", "L’une est une structure de démonstration, l’autre non.")
        return donnees


class Distinction(FormulairePortail, forms.Form):
    """« Two distinct structures », and why."""

    motif = forms.CharField(
        label="Ce qui les distingue",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Par exemple\u00a0: deux agréments, deux directions, deux bâtiments.",
    )


class Rattachement(FormulairePortail, forms.Form):
    """The main site of a structure."""

    principal = ChampStructure(
        label="Site principal",
        required=False,
        help_text=f"{AIDE} Laissez vide si cette fiche est le site principal, ou une structure à part.",
    )
