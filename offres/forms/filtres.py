"""Filters of the lists of offers and needs."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet

from offres.models import Service
from socle.formulaires import FormulairePortail
from structures.models import Public
from structures.referentiel import FAMILLES, choix_types, types_de
from structures.territoires.models import Bassin


@dataclass(frozen=True)
class Jeton:
    """A filter that is on: its words, and the address without it."""

    libelle: str
    url: str


class FiltresForm(FormulairePortail, forms.Form):
    """All optional; an unknown value is ignored rather than refused (old links stay usable)."""

    service = forms.ModelChoiceField(
        label="Service", queryset=Service.objects.none(), to_field_name="slug", required=False, empty_label="Tous"
    )
    bassin = forms.ModelChoiceField(
        label="Bassin de la structure", queryset=Bassin.objects.none(), required=False, empty_label="Tous"
    )
    famille = forms.ChoiceField(label="Famille de structures", required=False)
    type = forms.ChoiceField(label="Type de structure", required=False)
    public = forms.ModelChoiceField(
        label="Public", queryset=Public.objects.none(), to_field_name="slug", required=False, empty_label="Tous"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="filtre-%s", **kwargs)
        self.fields["service"].queryset = Service.objects.all()  # type: ignore[attr-defined]
        self.fields["bassin"].queryset = Bassin.objects.de_la_region()  # type: ignore[attr-defined]
        self.fields["public"].queryset = Public.objects.all()  # type: ignore[attr-defined]
        self.fields["famille"].choices = [("", "Toutes"), *((f.slug, f.libelle) for f in FAMILLES.values())]  # type: ignore[attr-defined]
        self.fields["type"].choices = [("", "Tous"), *choix_types()]  # type: ignore[attr-defined]

    def choisis(self) -> dict[str, Any]:
        """The valid filters that are on: name → value."""
        self.is_valid()
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if valeur}

    def filtrer(self, lignes: QuerySet[Any]) -> QuerySet[Any]:
        """Only the offers or needs that pass."""
        for nom, valeur in self.choisis().items():
            if nom == "service":
                lignes = lignes.filter(service=valeur)
            elif nom == "bassin":
                lignes = lignes.filter(structure__commune__bassin=valeur)
            elif nom == "famille":
                lignes = lignes.filter(structure__type__in=types_de(valeur))
            elif nom == "type":
                lignes = lignes.filter(structure__type=valeur)
            elif nom == "public":
                lignes = lignes.filter(publics=valeur)
        return lignes

    def jetons(self, chemin: str) -> list[Jeton]:
        """One removable chip per filter that is on."""
        actifs = {nom: self.data.get(nom, "") for nom in self.choisis()}
        jetons = []
        for nom, valeur in self.choisis().items():
            reste = {autre: v for autre, v in actifs.items() if autre != nom}
            choix = self.fields[nom]
            libelle = str(valeur)
            if isinstance(choix, forms.ChoiceField) and not isinstance(choix, forms.ModelChoiceField):
                libelle = str(dict(_a_plat(choix.choices)).get(valeur, valeur))
            jetons.append(Jeton(libelle, f"{chemin}?{urlencode(reste)}" if reste else chemin))
        return jetons

    def requete(self, **autres: object) -> str:
        """The query string of the filters that are on, with other values."""
        return urlencode({**{nom: self.data.get(nom, "") for nom in self.choisis()}, **autres})


def _a_plat(choix: Any) -> list[tuple[str, str]]:
    plats: list[tuple[str, str]] = []
    for valeur, libelle in choix:
        plats.extend(libelle if isinstance(libelle, list | tuple) else [(valeur, libelle)])
    return plats
