"""Forms of the sheet: one per section, one per kind of row, one per passage."""

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.db.models import Q
from django.utils import timezone

from fiches_action.etats import Transition
from fiches_action.models import Acteur, Etape, FicheAction, Indicateur
from fiches_action.sections import Section
from offres.models import Service
from socle.formulaires import FormulairePortail
from structures.comptes.models import Utilisateur
from structures.models import Public, Structure
from structures.territoires.models import Bassin, Commune
from structures.territoires.noms import normaliser_nom

if TYPE_CHECKING:
    FormulaireDeFiche = forms.ModelForm[FicheAction]
    FormulaireDActeur = forms.ModelForm[Acteur]
    FormulaireDEtape = forms.ModelForm[Etape]
    FormulaireDIndicateur = forms.ModelForm[Indicateur]
else:
    FormulaireDeFiche = FormulaireDActeur = FormulaireDEtape = FormulaireDIndicateur = forms.ModelForm


def champ_de_modele(form: forms.BaseForm, nom: str) -> "forms.ModelChoiceField[Any]":
    """The field of a form that chooses among rows."""
    return cast("forms.ModelChoiceField[Any]", form.fields[nom])


class DateInput(forms.DateInput):
    """The browser's own calendar; the value written as it expects."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ChampCommunes(forms.CharField):
    """Communes typed by name, separated by commas; « Nom (27) » when a name is shared."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 2}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list | tuple) or hasattr(value, "all"):
            communes = value.all() if hasattr(value, "all") else value
            return ", ".join(f"{c.nom} ({c.departement_id})" for c in communes if isinstance(c, Commune))
        return value

    def to_python(self, value: Any) -> Any:
        texte = super().to_python(value) or ""
        communes: list[Commune] = []
        for morceau in (m.strip() for m in texte.replace(";", ",").replace("\n", ",").split(",")):
            if morceau:
                communes.append(self._commune(morceau))
        return communes

    def _commune(self, morceau: str) -> Commune:
        nom, _, departement = morceau.partition("(")
        trouvees = Commune.objects.filter(nom_recherche=normaliser_nom(nom))
        if departement:
            trouvees = trouvees.filter(departement_id=departement.strip(" )"))
        liste = list(trouvees.select_related("departement")[:4])
        if not liste:
            raise forms.ValidationError(f"«\u00a0{morceau}\u00a0» n’est pas une commune connue. Vérifiez son nom.")
        if len(liste) > 1:
            choix = ", ".join(f"{c.nom} ({c.departement_id})" for c in liste)
            raise forms.ValidationError(f"Plusieurs communes portent ce nom\u00a0: écrivez {choix}.")
        return liste[0]


class FormulaireCreation(FormulairePortail, forms.Form):
    """The least to open a sheet: a title and the structure that leads."""

    titre = forms.CharField(
        label="Titre",
        max_length=160,
        help_text="Un verbe d’action et un seul objectif. Exemple\u00a0: «\u00a0Croiser les regards sur le projet "
        "des jeunes d’IME\u00a0».",
    )
    porteur = forms.ModelChoiceField(
        label="Structure porteuse", queryset=Structure.objects.none(), empty_label=None, help_text="La vôtre."
    )
    objet = forms.CharField(
        label="Objet, en une phrase",
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Qui fait quoi, pour qui. Vous pourrez compléter ensuite.",
    )

    def __init__(self, personne: Utilisateur, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        champ = champ_de_modele(self, "porteur")
        champ.queryset = Structure.objects.de(personne).ouvertes()


_ZONES_DE_TEXTE = {
    "enjeux": 8, "objet": 3, "zone": 3, "criteres": 4, "ressources": 7, "partage_information": 7,
    "budget": 3, "gouvernance": 3, "risques": 4,
}  # fmt: skip
_AIDES = {
    "objet": "Une phrase\u00a0: «\u00a0L’IME X ouvre son atelier de cuisine à douze demandeurs d’emploi de Y.\u00a0»",
    "communes": "Séparez les noms par des virgules.",
    "zone": "Rayonnement, quartiers, transports.",
    "volume_prevu": "Un nombre par an, sans nom.",
    "risques": "Trois au plus, chacun avec ce qui l’évite.",
    "partage_information": "Quoi, avec qui, comment, avec quel accord de la personne\u00a0; et ce qui ne circule pas.",
    "services": "Les services partagés que cette coopération mobilise.",
}


# A draft may leave them empty, the proposal asks for them: they are not said optional.
_ATTENDUS = frozenset({"enjeux", "objet", "finalite", "publics", "ressources", "partage_information"})


class FormulaireSection(FormulairePortail, FormulaireDeFiche):
    """Base of the forms of one section; ``formulaire_de`` makes one from the table of sections."""

    class Meta:
        model = FicheAction
        fields: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for nom, champ in self.fields.items():
            if nom in _AIDES:
                champ.help_text = _AIDES[nom]
            if nom in _ZONES_DE_TEXTE:
                champ.widget.attrs["rows"] = _ZONES_DE_TEXTE[nom]
            if nom in _ATTENDUS:
                champ.pcti_attendu = True  # type: ignore[attr-defined]
        if "titre" in self.fields:
            self.fields["titre"].required = True
        if "pilote" in self.fields:
            self._pilotes_possibles()

    def _pilotes_possibles(self) -> None:
        """One pilote, among the people of the actors (and who pilots today)."""
        acteurs = self.instance.acteurs.values("structure")
        champ = champ_de_modele(self, "pilote")
        champ.queryset = (
            Utilisateur.objects.filter(is_active=True)
            .filter(Q(pk=self.instance.pilote_id) | Q(adhesions__structure__in=acteurs, adhesions__fin__isnull=True))
            .distinct()
            .order_by("nom", "prenom")
        )
        champ.empty_label = None

    def valeurs(self) -> dict[str, Any]:
        """What to write: only the fields of the section."""
        return {nom: self.cleaned_data[nom] for nom in self.fields}


def formulaire_de(section: Section) -> type[FormulaireSection]:
    """The form of a section, from its fields. Raises KeyError for a section made of rows."""
    if not section.champs:
        raise KeyError(section.cle)
    meta = type("Meta", (), {"model": FicheAction, "fields": list(section.champs)})
    champs: dict[str, Any] = {"Meta": meta}
    if "bassins" in section.champs:
        champs["bassins"] = forms.ModelMultipleChoiceField(
            label="Bassins d’emploi", queryset=Bassin.objects.none(), required=False,
            widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip
        champs["communes"] = ChampCommunes(label="Communes", required=False)
        champs["__init__"] = _init_zone
    if "publics" in section.champs:
        champs["publics"] = forms.ModelMultipleChoiceField(
            label="Publics", queryset=Public.objects.filter(actif=True), required=False,
            widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip
    if "services" in section.champs:
        champs["services"] = forms.ModelMultipleChoiceField(
            label="Services mobilisés", queryset=Service.objects.filter(actif=True), required=False,
            widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip
    return type(f"Formulaire{section.cle.title()}", (FormulaireSection,), champs)


def _init_zone(self: FormulaireSection, *args: Any, **options: Any) -> None:
    FormulaireSection.__init__(self, *args, **options)
    champ = champ_de_modele(self, "bassins")
    deja = self.instance.bassins.values("pk") if self.instance.pk else []
    champ.queryset = (Bassin.objects.de_la_region() | Bassin.objects.filter(pk__in=deja)).distinct()
    # « Évreux » stands with the E, whatever the database thinks of accents.
    champ.choices = [(b.pk, b.nom) for b in sorted(champ.queryset, key=lambda b: normaliser_nom(b.nom))]


class FormulaireActeur(FormulairePortail, FormulaireDActeur):
    """One structure of the sheet. The leading one keeps its role."""

    class Meta:
        model = Acteur
        fields: ClassVar[list[str]] = ["structure", "role", "contribution", "referent_fonction"]
        widgets: ClassVar[dict[str, Any]] = {
            "structure": forms.RadioSelect,
            "contribution": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, fiche: FicheAction, choix: list[Structure] | None = None, **options: Any) -> None:
        self.fiche = fiche
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["structure"]
            if self.instance.role == Acteur.Role.PORTEUR:
                del self.fields["role"]
        else:
            champ = champ_de_modele(self, "structure")
            champ.empty_label = None
            champ.queryset = Structure.objects.filter(pk__in=[s.pk for s in choix or []]).select_related("commune")
            champ.label_from_instance = _nom_et_commune  # type: ignore[method-assign, assignment]
            champ.error_messages["required"] = "Choisissez une structure dans la liste."
        if "role" in self.fields:
            cast(forms.ChoiceField, self.fields["role"]).choices = [
                (v, lib) for v, lib in Acteur.Role.choices if v != Acteur.Role.PORTEUR
            ]

    def clean_structure(self) -> Structure:
        structure: Structure = self.cleaned_data["structure"]
        if self.fiche.acteurs.filter(structure=structure).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Cette structure est déjà dans la fiche.")
        return structure


def _nom_et_commune(structure: Any) -> str:
    return f"{structure.nom} – {structure.commune.nom}"


class FormulaireEtape(FormulairePortail, FormulaireDEtape):
    """One step: what, who, when."""

    class Meta:
        model = Etape
        fields: ClassVar[list[str]] = ["intitule", "responsable", "debut", "fin", "avancement"]

    debut = forms.DateField(label="Début", widget=DateInput())
    fin = forms.DateField(label="Fin", widget=DateInput(), help_text="Le même jour que le début pour un jalon.")

    def __init__(self, *args: Any, fiche: FicheAction, **options: Any) -> None:
        super().__init__(*args, **options)
        champ = champ_de_modele(self, "responsable")
        champ.queryset = Structure.objects.filter(pk__in=fiche.acteurs.values("structure"))
        champ.empty_label = "Toutes les structures"

    def clean(self) -> dict[str, Any]:
        propre = super().clean() or self.cleaned_data
        debut, fin = propre.get("debut"), propre.get("fin")
        if debut and fin and fin < debut:
            self.add_error("fin", "La fin vient avant le début. Corrigez l’une des deux dates.")
        return propre


class FormulaireIndicateur(FormulairePortail, FormulaireDIndicateur):
    """One indicator: from where, to where, by when, who counts."""

    class Meta:
        model = Indicateur
        fields: ClassVar[list[str]] = [
            "intitule", "type", "definition", "unite", "effectif", "reference", "reference_le", "cible", "cible_le",
            "sens", "frequence", "source",
        ]  # fmt: skip
        widgets: ClassVar[dict[str, Any]] = {"definition": forms.Textarea(attrs={"rows": 2})}

    reference = forms.FloatField(
        label="Valeur de référence", required=False, min_value=0, localize=True,
        help_text="Le chiffre d’aujourd’hui. Inconnu\u00a0? Laissez vide et dites quand il sera relevé.",
    )  # fmt: skip
    reference_le = forms.DateField(label="Relevée, ou à relever, le", required=False, widget=DateInput())
    cible = forms.FloatField(label="Cible", required=False, min_value=0, localize=True)
    cible_le = forms.DateField(label="À atteindre le", required=False, widget=DateInput())

    def __init__(self, *args: Any, fiche: FicheAction, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["unite"].help_text = "Ce que l’on compte\u00a0: personnes, ateliers, conventions, %."

    def clean(self) -> dict[str, Any]:
        propre = super().clean() or self.cleaned_data
        if "reference" in self.errors or "reference_le" in self.errors:
            return propre
        if propre.get("cible") is not None and propre.get("reference") is None and not propre.get("reference_le"):
            self.add_error(
                "reference",
                "Pas de cible sans référence\u00a0: donnez la valeur d’aujourd’hui, "
                "ou la date à laquelle elle sera relevée.",
            )
        if propre.get("cible") is not None and not propre.get("cible_le"):
            self.add_error("cible_le", "À quelle date la cible doit-elle être atteinte\u00a0?")
        if propre.get("reference_le") and propre.get("cible_le") and propre["cible_le"] < propre["reference_le"]:
            self.add_error("cible_le", "La cible vient après la référence. Corrigez l’une des deux dates.")
        return propre


FORMULAIRES_DE_LIGNE: dict[str, type[FormulaireActeur] | type[FormulaireEtape] | type[FormulaireIndicateur]] = {
    "acteurs": FormulaireActeur,
    "planning": FormulaireEtape,
    "indicateurs": FormulaireIndicateur,
}


class FormulairePassage(FormulairePortail, forms.Form):
    """What a passage asks: a reason, the committee's date, or nothing but a yes."""

    decision_le = forms.DateField(label="Date de la décision du comité de suivi", widget=DateInput())
    motif = forms.CharField(label="Motif", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, transition: Transition, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if transition.decision:
            self.fields["decision_le"].initial = timezone.localdate()
        else:
            del self.fields["decision_le"]
        self.fields["motif"].required = transition.motif_requis
        if transition.action == "demander_complement":
            self.fields["motif"].label = "Ce qu’il faut compléter"
        elif transition.action == "terminer":
            self.fields["motif"].label = "Bilan en quelques phrases"
        elif not transition.motif_requis:
            self.fields["motif"].label = "Commentaire"

    def clean_decision_le(self) -> Any:
        jour = self.cleaned_data["decision_le"]
        if jour > timezone.localdate():
            raise forms.ValidationError("La décision a déjà été prise\u00a0: sa date ne peut pas être à venir.")
        return jour
