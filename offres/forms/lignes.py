"""One offer or one need: five short pages, one subject each."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django import forms
from django.db.models import Q

from offres.couverture import RAYON_MAX_KM
from offres.forms.etapes import exiger_nombre_ou_ne_sait_pas
from offres.models import Besoin, Offre, Service
from offres.models.referentiel import MODALITES, PERIODICITES
from offres.rome import DOMAINES
from offres.unites import question_du_volume
from socle.formulaires import FormulairePortail, habiller
from structures.models import Public
from structures.territoires.models import Bassin, Commune, Departement

Ligne = Offre | Besoin
COMMUNES_MAX = 200
RESULTATS_MAX = 12


class VoletForm(FormulairePortail, forms.Form):
    """A page of a line. `champs()` and `liens()` say what it writes."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    textes: tuple[str, ...] = ()
    m2m: tuple[str, ...] = ()

    def __init__(self, *args: Any, ligne: Ligne | None = None, genre: str = "offres", **kwargs: Any) -> None:
        self.ligne, self.genre = ligne, genre
        if ligne is not None:
            kwargs["initial"] = {"version": ligne.version, **self.depuis(ligne)}
        super().__init__(*args, **kwargs)
        self.preparer()
        for champ in self.fields.values():
            habiller(champ)

    def depuis(self, ligne: Ligne) -> dict[str, Any]:
        """The initial values, from the line."""
        valeurs: dict[str, Any] = {}
        for nom in self.base_fields:
            if nom in self.m2m:
                valeurs[nom] = [objet.pk for objet in getattr(ligne, nom).all()]
            elif hasattr(ligne, nom) and nom != "version":
                valeurs[nom] = getattr(ligne, nom)
        return valeurs

    def preparer(self) -> None:
        """What depends on the line or the kind."""

    def champs(self) -> dict[str, Any]:
        """The columns to write."""
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if nom not in self.m2m and nom != "version"}

    def liens(self) -> dict[str, Iterable[Any]]:
        """The links to write."""
        return {nom: self.cleaned_data[nom] for nom in self.m2m if nom in self.cleaned_data}


class ServiceForm(VoletForm):
    """Which service? Nothing is chosen beforehand; the usual ones for this type come first."""

    textes = ("service_autre", "description")
    service = forms.ModelChoiceField(
        label="Quel service\u00a0?",
        queryset=Service.objects.none(),
        to_field_name="slug",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez un service dans la liste, ou «\u00a0Autre service\u00a0».",
            "invalid_choice": "Ce service n’est plus dans la liste\u00a0: choisissez-en un autre.",
        },
    )
    service_autre = forms.CharField(label="Si c’est un autre service, lequel\u00a0?", required=False, max_length=160)
    description = forms.CharField(
        label="En quelques mots",
        help_text="Ce que vous feriez concrètement. Ne jamais saisir de nom ni de situation individuelle\u00a0: "
        "des nombres seulement.",
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def preparer(self) -> None:
        permis = Q(actif=True)
        if self.ligne is not None:
            # An entry that left the list stays on the lines that had chosen it.
            permis |= Q(pk=self.ligne.service_id)
        self.fields["service"].queryset = Service.objects.filter(permis)  # type: ignore[attr-defined]
        if self.ligne is not None:
            self.initial["service"] = self.ligne.service.slug
        if self.genre == "besoins":
            self.fields["description"].help_text = self.fields["description"].help_text.replace(
                "Ce que vous feriez concrètement.", "Ce que vous attendez d’un partenaire."
            )

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        service = donnees.get("service")
        if service is not None and service.hors_liste and not donnees.get("service_autre"):
            self.add_error("service_autre", "Dites en quelques mots de quel service il s’agit.")
        if service is not None and not service.hors_liste:
            donnees["service_autre"] = ""
        return donnees

    def champs(self) -> dict[str, Any]:
        ecrits = super().champs()
        if "service" in ecrits:
            ecrits["unite"] = ecrits["service"].unite_volume
        return ecrits


class VolumeForm(VoletForm):
    """How much, for whom?"""

    m2m = ("publics",)
    volume = forms.IntegerField(
        label="Combien\u00a0?",
        required=False,
        min_value=1,
        max_value=100_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "offres-court"}),
        error_messages={"invalid": "Écrivez un nombre entier, par exemple 8."},
    )
    volume_inconnu = forms.BooleanField(label="Je ne sais pas", required=False)
    personnes = forms.IntegerField(
        label="Combien de personnes sont concernées sur un an\u00a0?",
        required=False,
        min_value=1,
        max_value=100_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "offres-court"}),
        error_messages={"invalid": "Écrivez un nombre entier, par exemple 12."},
    )
    publics = forms.ModelMultipleChoiceField(
        label="Pour quels publics\u00a0?",
        help_text="Sans choix, tous les publics de la démarche.",
        queryset=Public.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def preparer(self) -> None:
        unite = self.ligne.unite if self.ligne is not None else "personnes/an"
        self.fields["volume"].pcti_attendu = True  # type: ignore[attr-defined]
        self.fields["volume"].label = question_du_volume(self.genre, unite)
        self.fields["publics"].queryset = Public.objects.actifs()  # type: ignore[attr-defined]
        if self.genre == "offres" or unite == "personnes/an":
            del self.fields["personnes"]

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        exiger_nombre_ou_ne_sait_pas(self, donnees, "volume", "volume_inconnu")
        return donnees


class RessourcesForm(VoletForm):
    """With which internal resources? The professions are rows beside it."""

    textes = ("lieux", "materiel")
    lieux = forms.CharField(
        label="Locaux et plateaux techniques",
        help_text="Par exemple\u00a0: atelier d’espaces verts, cuisine pédagogique, salle de réunion.",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    domaines_rome = forms.MultipleChoiceField(
        label="Domaines professionnels de ces plateaux",
        choices=list(DOMAINES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    materiel = forms.CharField(
        label="Matériel et outils",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RessourceForm(FormulairePortail, forms.Form):
    """One profession and its time. An empty row is left out."""

    profession = forms.CharField(label="Profession", required=False, max_length=120)
    etp = forms.DecimalField(
        label="Temps (ETP)",
        required=False,
        min_value=0,
        max_value=999,
        max_digits=5,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "invalid": "Écrivez un nombre, par exemple 0,5 pour un mi-temps.",
            "max_decimal_places": "Deux chiffres après la virgule suffisent, par exemple 0,25.",
        },
    )

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        if donnees.get("etp") is not None and not donnees.get("profession"):
            self.add_error("profession", "Écrivez la profession à laquelle ce temps correspond.")
        return donnees


RessourcesFormSet = forms.formset_factory(RessourceForm, extra=2, max_num=30, validate_max=True)


class ZoneForm(VoletForm):
    """Where? One of five kinds, and what it needs."""

    m2m = ("communes", "bassins", "departements")
    rayonnement = forms.ChoiceField(
        label="Jusqu’où\u00a0?",
        choices=Offre.Rayonnement.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une zone\u00a0: elle dit quels partenaires peuvent vous trouver."},
    )
    rayon_km = forms.IntegerField(
        label="Rayon, en kilomètres",
        required=False,
        min_value=1,
        max_value=RAYON_MAX_KM,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "offres-court"}),
        error_messages={"invalid": "Écrivez un nombre entier de kilomètres, par exemple 30."},
    )
    bassins = forms.ModelMultipleChoiceField(
        label="Bassins d’emploi",
        queryset=Bassin.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    departements = forms.ModelMultipleChoiceField(
        label="Départements",
        queryset=Departement.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    communes = forms.ModelMultipleChoiceField(
        label="Communes",
        queryset=Commune.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Une commune choisie n’existe plus\u00a0: cherchez-la à nouveau."},
    )
    recherche = forms.CharField(
        label="Ajouter une commune",
        help_text="Son nom ou son code postal.",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def preparer(self) -> None:
        for nom in ("rayon_km", "bassins", "departements"):
            self.fields[nom].pcti_attendu = True  # type: ignore[attr-defined]
        self.fields["bassins"].queryset = Bassin.objects.de_la_region()  # type: ignore[attr-defined]
        self.fields["departements"].queryset = Departement.objects.de_la_region()  # type: ignore[attr-defined]
        self._le_sien_d_abord()
        if self.genre == "besoins":
            # A need is matched from the commune of its structure: the zone only informs.
            self.fields["rayonnement"].required = False
            self.fields["rayonnement"].label = "Où le service peut-il être rendu\u00a0?"

    def _le_sien_d_abord(self) -> None:
        """The structure's own bassin and département come first and say so: nearly everybody needs them."""
        if self.ligne is None:
            return
        commune = self.ligne.structure.commune
        for nom, sien, mot in (
            ("bassins", commune.bassin_id, "votre bassin"),
            ("departements", commune.departement_id, "votre département"),
        ):
            champ: Any = self.fields[nom]
            champ.choices = partial(_le_sien_en_tete, champ.queryset, sien, mot)

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        genre = donnees.get("rayonnement")
        manque: dict[str, tuple[str, str]] = {
            "rayon": ("rayon_km", "Écrivez un nombre de kilomètres, par exemple 30."),
            "communes": ("recherche", "Ajoutez au moins une commune."),
            "bassins": ("bassins", "Cochez au moins un bassin."),
            "departements": ("departements", "Cochez au moins un département."),
        }
        if genre in manque:
            champ, message = manque[genre]
            source = "communes" if genre == "communes" else champ
            if not donnees.get(source) and champ not in self.errors and source not in self.errors:
                self.add_error(champ, message)
        if len(donnees.get("communes") or ()) > COMMUNES_MAX:
            self.add_error("recherche", f"{COMMUNES_MAX} communes au plus\u00a0: choisissez plutôt des bassins.")
        return donnees

    def champs(self) -> dict[str, Any]:
        genre = self.cleaned_data["rayonnement"]
        return {"rayonnement": genre, "rayon_km": self.cleaned_data["rayon_km"] if genre == "rayon" else None}

    def liens(self) -> dict[str, Iterable[Any]]:
        # Only what the chosen kind uses: the rest would mislead whoever reads the offer.
        genre = self.cleaned_data["rayonnement"]
        return {nom: self.cleaned_data[nom] if nom == genre else [] for nom in self.m2m}


def _le_sien_en_tete(objets: Iterable[Any], sien: str | None, mot: str) -> list[tuple[str, str]]:
    choix = [(objet.pk, str(objet)) for objet in objets]
    miens = [(cle, f"{libelle} ({mot})") for cle, libelle in choix if cle == sien]
    return [*miens, *(un for un in choix if un[0] != sien)]


class ConditionsForm(VoletForm):
    """How and when? Nothing is compulsory."""

    textes = ("conditions", "partenaire_pressenti")
    priorite = forms.ChoiceField(
        label="Quelle priorité\u00a0?", choices=Besoin.Priorite.choices, required=False, widget=forms.RadioSelect
    )
    moment_cle = forms.ChoiceField(
        label="À quel moment du parcours\u00a0?",
        choices=Besoin.MomentCle.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    modalites = forms.MultipleChoiceField(
        label="Où cela se passe-t-il\u00a0?",
        choices=list(MODALITES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    periodicite = forms.ChoiceField(
        label="À quel rythme\u00a0?",
        choices=[("", "Non précisé"), *PERIODICITES.items()],
        required=False,
    )
    debut = forms.DateField(
        label="À partir du",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Cette date n’existe pas. Exemple\u00a0: 01/09/2026"},
    )
    fin = forms.DateField(
        label="Jusqu’au",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Cette date n’existe pas. Exemple\u00a0: 30/06/2027"},
    )
    conditions = forms.CharField(
        label="Conditions",
        help_text="Gratuité, convention nécessaire, délai de réponse…",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    partenaire_pressenti = forms.CharField(
        label="Un partenaire est-il déjà pressenti\u00a0?",
        help_text="Le nom d’une structure, jamais celui d’une personne.",
        required=False,
        max_length=200,
    )

    def preparer(self) -> None:
        if self.genre == "offres":
            for nom in ("priorite", "moment_cle", "partenaire_pressenti"):
                del self.fields[nom]

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        debut, fin = donnees.get("debut"), donnees.get("fin")
        if debut and fin and fin < debut:
            self.add_error("fin", "La fin est avant le début\u00a0: vérifiez les deux dates.")
        return donnees


VOLETS: dict[str, tuple[type[VoletForm], str, str]] = {
    "service": (
        ServiceForm,
        "Quel service pouvez-vous partager\u00a0?",
        "De quel service avez-vous besoin\u00a0?",
    ),
    "volume": (VolumeForm, "Combien, et pour qui\u00a0?", "Combien, et pour qui\u00a0?"),
    "zone": (ZoneForm, "Jusqu’où pouvez-vous intervenir\u00a0?", "Où le service peut-il être rendu\u00a0?"),
    "ressources": (
        RessourcesForm,
        "Avec quelles ressources internes\u00a0?",
        "Que pouvez-vous apporter de votre côté\u00a0?",
    ),
    "conditions": (ConditionsForm, "Comment et quand\u00a0?", "Comment et quand\u00a0?"),
}
# The last page that a line needs; those after it are asked for, never required.
DERNIER_ESSENTIEL: dict[str, str] = {"offres": "zone", "besoins": "volume"}
COURTS: dict[str, str] = {
    "service": "Service",
    "volume": "Volume et publics",
    "zone": "Zone",
    "ressources": "Ressources",
    "conditions": "Modalités",
}

__all__ = ["COURTS", "DERNIER_ESSENTIEL", "VOLETS", "RessourcesFormSet", "VoletForm"]
