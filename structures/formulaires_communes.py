"""What people type to move a commune to another bassin."""

from typing import Any

from django import forms
from django.utils import timezone

from socle.formulaires import EPOQUE, FormulairePortail
from structures.territoires.models import Bassin, Commune


class ChercherCommune(FormulairePortail, forms.Form):
    """Search (GET)."""

    q = forms.CharField(
        label="Chercher une commune",
        required=False,
        max_length=100,
        help_text="Nom d’aujourd’hui ou d’avant une fusion, code postal ou code Insee",
        widget=forms.TextInput(attrs={"type": "search"}),
    )


class DeplacerCommune(FormulairePortail, forms.Form):
    """Where the commune goes, from when, and why."""

    bassin = forms.ModelChoiceField(
        label="Nouveau bassin d’emploi",
        queryset=Bassin.objects.none(),
        empty_label="Choisir un bassin",
        error_messages={"required": "Choisissez le bassin où va la commune."},
    )
    le = forms.DateField(
        label="À compter du",
        validators=list(EPOQUE),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Aujourd’hui ou avant : le changement est immédiat. Plus tard : il attend son jour.",
    )
    motif = forms.CharField(
        label="Motif",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple : décision du comité de pilotage du 12 mars. Il reste dans l’historique.",
        error_messages={"required": "Dites pourquoi la commune change de bassin."},
    )

    def __init__(self, *args: Any, commune: Commune, voisins: list[Bassin], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        champ = self.fields["bassin"]
        assert isinstance(champ, forms.ModelChoiceField)  # noqa: S101 (narrowing)
        champ.queryset = Bassin.objects.actifs().exclude(pk=commune.bassin_id)
        proches = {bassin.pk for bassin in voisins}
        autres = [bassin for bassin in Bassin.objects.actifs().par_nom() if bassin.pk not in proches]
        champ.choices = [
            ("", "Choisir un bassin"),
            ("Bassins qui touchent la commune", [(b.pk, b.nom) for b in voisins]),
            ("Autres bassins", [(b.pk, b.nom) for b in autres if b.pk != commune.bassin_id]),
        ]
        self.fields["le"].initial = timezone.localdate()
