"""Filters of the lists of offers and needs, read from an address."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet

from offres.comptage import delaisses
from offres.exploration import HORS_BASSINS, HORS_DES_BASSINS, TEXTE_MAX, chercher, du_perimetre, hors_des_bassins
from offres.models import Besoin, Service
from socle.formulaires import FormulairePortail
from structures.annuaire import lieux
from structures.models import Public, Structure
from structures.referentiel import FAMILLES, choix_types, types_de
from structures.territoires.models import Bassin, Commune, Departement, Pole

# Only needs say them; only offers have a rayonnement to reach somebody.
DES_BESOINS = ("priorite", "moment", "couverture")
DES_OFFRES = ("atteint",)
SANS_OFFRE = "sans"
PREMIERS = ("q", "service", "atteint", "bassin", "priorite")


@dataclass(frozen=True)
class Jeton:
    """A filter that is on: its words, and the address without it."""

    libelle: str
    url: str


class FiltresForm(FormulairePortail, forms.Form):
    """All optional; an unknown value is ignored rather than refused (old links stay usable)."""

    q = forms.CharField(label="Mots-clés", required=False, max_length=TEXTE_MAX, widget=forms.TextInput(
        attrs={"type": "search", "autocomplete": "off"}))  # fmt: skip
    service = forms.ModelChoiceField(
        label="Service", queryset=Service.objects.none(), to_field_name="slug", required=False, empty_label="Tous"
    )
    atteint = forms.CharField(
        label="Qui vient jusqu’à", required=False, max_length=lieux.TEXTE_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Commune"}),
    )  # fmt: skip
    bassin = forms.ChoiceField(label="Bassin de la structure", required=False)
    pole = forms.ModelChoiceField(
        label="Pôle", queryset=Pole.objects.none(), to_field_name="slug", required=False, empty_label="Tous"
    )
    departement = forms.ModelChoiceField(
        label="Département", queryset=Departement.objects.none(), required=False, empty_label="Tous"
    )
    famille = forms.ChoiceField(label="Famille de structures", required=False)
    type = forms.ChoiceField(label="Type de structure", required=False)
    public = forms.ModelChoiceField(
        label="Public", queryset=Public.objects.none(), to_field_name="slug", required=False, empty_label="Tous"
    )
    priorite = forms.ChoiceField(label="Priorité", required=False, choices=[("", "Toutes"), *Besoin.Priorite.choices])
    moment = forms.ChoiceField(
        label="Moment du parcours", required=False, choices=[("", "Tous"), *Besoin.MomentCle.choices]
    )
    couverture = forms.ChoiceField(
        label="Réponse possible", required=False, choices=[("", "Toutes"), (SANS_OFFRE, "Sans offre")]
    )
    structure = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, *args: Any, genre: str, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="filtre-%s", **kwargs)
        self.genre = genre
        for nom in DES_BESOINS if genre == "offres" else DES_OFFRES:
            del self.fields[nom]
        self.fields["service"].queryset = Service.objects.all()  # type: ignore[attr-defined]
        self._bassins = {bassin.pk: bassin for bassin in Bassin.objects.de_la_region()}
        bassins = [(bassin.pk, bassin.nom) for bassin in self._bassins.values()]
        self.fields["bassin"].choices = [("", "Tous"), *bassins, (HORS_BASSINS, HORS_DES_BASSINS)]  # type: ignore[attr-defined]
        self.fields["pole"].queryset = Pole.objects.all()  # type: ignore[attr-defined]
        self.fields["departement"].queryset = Departement.objects.de_la_region()  # type: ignore[attr-defined]
        self.fields["public"].queryset = Public.objects.actifs()  # type: ignore[attr-defined]
        self.fields["famille"].choices = [("", "Toutes"), *((f.slug, f.libelle) for f in FAMILLES.values())]  # type: ignore[attr-defined]
        self.fields["type"].choices = [("", "Tous"), *choix_types()]  # type: ignore[attr-defined]
        # What was typed as a place: its commune, the places to choose from, what to say.
        self.lieu = lieux.Reponse()
        self._choisis: dict[str, Any] | None = None

    @property
    def premiers(self) -> list[Any]:
        """The filters that are always in view."""
        return [self[nom] for nom in PREMIERS if nom in self.fields]

    @property
    def autres(self) -> list[Any]:
        """Those that unfold."""
        return [champ for champ in self.visible_fields() if champ.name not in PREMIERS]

    @property
    def autres_actifs(self) -> bool:
        return any(champ.name in self.choisis() for champ in self.autres)

    def choisis(self) -> dict[str, Any]:
        """The valid filters that are on: name → value."""
        if self._choisis is None:
            self.is_valid()
            self._choisis = {nom: valeur for nom, valeur in self.cleaned_data.items() if valeur}
            if "atteint" in self._choisis:
                self.lieu = lieux.situer(self._choisis["atteint"])
        return self._choisis

    @property
    def bassin_choisi(self) -> Bassin | None:
        """The bassin asked for, when it is one."""
        return self._bassins.get(self.choisis().get("bassin", ""))

    @cached_property
    def commune(self) -> Commune | None:
        """The commune that offers must reach, when the place is one."""
        self.choisis()
        code = self.lieu.lieu.code if self.lieu.lieu else ""
        return Commune.objects.filter(pk=code).first() if code else None

    @property
    def sans_commune(self) -> bool:
        """A place was asked that is no commune: the filter can't be applied, and this is said."""
        return "atteint" in self.choisis() and not (self.lieu.lieu and self.lieu.lieu.code)

    def filtrer(self, lignes: QuerySet[Any]) -> QuerySet[Any]:
        """Only the offers or needs that pass."""
        conditions: dict[str, str] = {
            "service": "service", "bassin": "structure__commune__bassin",
            "departement": "structure__commune__departement", "type": "structure__type",
            "priorite": "priorite", "moment": "moment_cle", "structure": "structure",
        }  # fmt: skip
        for nom, valeur in self.choisis().items():
            if nom == "bassin" and valeur == HORS_BASSINS:
                lignes = lignes.filter(hors_des_bassins())
            elif nom in conditions:
                lignes = lignes.filter(**{conditions[nom]: valeur})
            elif nom == "pole":
                lignes = lignes.filter(structure__commune__in=du_perimetre([valeur.pk]))
            elif nom == "famille":
                lignes = lignes.filter(structure__type__in=types_de(valeur))
            elif nom == "public":
                # No public stated: the line is for all of them.
                liens = lignes.model.publics.through.objects
                ligne = lignes.model._meta.model_name
                lignes = lignes.filter(
                    Q(pk__in=liens.filter(public=valeur).values(ligne)) | ~Q(pk__in=liens.values(ligne))
                )
            elif nom == "q":
                lignes = chercher(lignes, valeur)
        if (commune := self.commune) is not None:
            lignes = lignes.couvrant(commune)  # type: ignore[attr-defined]
        if self.choisis().get("couverture") == SANS_OFFRE:
            # Last: what is left is matched in Python, see `comptage`.
            lignes = lignes.filter(pk__in=list(delaisses(lignes)))
        return lignes

    def jetons(self, chemin: str) -> list[Jeton]:
        """One removable chip per filter that is on."""
        jetons = []
        for nom, valeur in self.choisis().items():
            reste = self.requete(**{nom: None})
            jetons.append(Jeton(self._mots(nom, valeur), f"{chemin}?{reste}" if reste else chemin))
        return jetons

    def _mots(self, nom: str, valeur: Any) -> str:
        choix = self.fields[nom]
        if nom == "structure":
            noms = Structure.objects.filter(pk=valeur).values_list("nom", flat=True)
            return next(iter(noms), "Structure inconnue")
        if nom == "q":
            return f"«\u00a0{valeur}\u00a0»"
        if nom == "atteint":
            return f"Jusqu’à {self.lieu.lieu.libelle if self.lieu.lieu else valeur}"
        if isinstance(choix, forms.ChoiceField) and not isinstance(choix, forms.ModelChoiceField):
            libelle = str(dict(_a_plat(choix.choices)).get(valeur, valeur))
            if nom == "bassin" and valeur != HORS_BASSINS:
                return f"Bassin\u00a0: {libelle}"
            return f"Priorité {libelle.lower()}" if nom == "priorite" else libelle
        return str(valeur)

    def requete(self, **autres: object) -> str:
        """The query string of the filters that are on, with other values (None removes)."""
        ensemble = {**{nom: self.data.get(nom, "") for nom in self.choisis()}, **autres}
        return urlencode({cle: valeur for cle, valeur in ensemble.items() if valeur is not None})

    @property
    def caches(self) -> list[tuple[str, str]]:
        """The filters that are on, for a form that keeps them."""
        return [(nom, self.data.get(nom, "")) for nom in self.choisis()]


def _a_plat(choix: Any) -> list[tuple[str, str]]:
    plats: list[tuple[str, str]] = []
    for valeur, libelle in choix:
        plats.extend(libelle if isinstance(libelle, list | tuple) else [(valeur, libelle)])
    return plats
