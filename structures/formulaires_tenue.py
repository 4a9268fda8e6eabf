"""Forms of those who keep the directory true."""

from typing import Any

from django import forms

from socle.formulaires import FormulairePortail
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.referentiel import FAMILLES
from structures.territoires.models import Bassin


class FiltreAVerifier(FormulairePortail, forms.Form):
    """Filters of the sheets to verify (GET)."""

    SANS_REPONSE, EN_COURS, PERSONNE = "sans-reponse", "en-cours", "personne"

    etat = forms.ChoiceField(
        label="État",
        required=False,
        choices=[
            ("", "Tous"),
            (SANS_REPONSE, "Trois rappels sans réponse"),
            (EN_COURS, "Rappel en cours"),
            (PERSONNE, "Personne ne tient la fiche"),
        ],
    )
    bassin = forms.ChoiceField(label="Bassin d’emploi", required=False)
    famille = forms.ChoiceField(label="Famille", required=False)

    def __init__(self, *args: Any, par: Utilisateur, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bassins = Bassin.objects.de_la_region()
        if not est_administration(par):
            bassins = bassins.filter(communes__poles__in=poles_coordonnes(par)).distinct()
        for nom, tous, choix in (
            ("bassin", "Tous", [(b.code, b.nom) for b in bassins]),
            ("famille", "Toutes", [(f.slug, f.libelle) for f in FAMILLES.values()]),
        ):
            champ = self.fields[nom]
            assert isinstance(champ, forms.ChoiceField)  # noqa: S101 (narrowing)
            champ.choices = [("", tous), *choix]


class MotifOuverture(FormulairePortail, forms.Form):
    """Why a structure is closed, or opened again."""

    motif = forms.CharField(
        label="Motif",
        max_length=200,
        help_text="Gardé dans l’historique de la fiche, par exemple\u00a0: fermeture administrative, regroupement.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
