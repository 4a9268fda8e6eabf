"""Steps 1, 4 and 5 of the questionnaire."""

from collections.abc import Mapping
from typing import Any

from django import forms

from offres.models import Reponse
from socle.formulaires import FormulairePortail
from structures.models import Public, Structure

NE_SAIT_PAS = "ne-sait-pas"
OUI_NON: list[tuple[str, str]] = [("oui", "Oui"), ("non", "Non"), (NE_SAIT_PAS, "Je ne sais pas")]
PARTENAIRES_VIDES = 1

# The wording of the national survey of ESAT (domaine.md §3.7, step 4).
CONVENTIONS: dict[str, str] = {
    "reseau_emploi": "Avez-vous une convention en vigueur avec les acteurs du réseau pour l’emploi "
    "(France Travail, Cap emploi et mission locale)\u00a0?",
    "entreprise_adaptee": "Avez-vous une convention en vigueur avec une entreprise adaptée\u00a0?",
    "emploi_accompagne": "Avez-vous une convention en vigueur avec la plateforme emploi accompagné "
    "du département\u00a0?",
}


class EtapeStructureForm(FormulairePortail, forms.Form):
    """Step 1: what the structure says of itself."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    file_active = forms.IntegerField(
        label="Combien de personnes accompagnez-vous\u00a0?",
        help_text="Votre capacité ou votre file active\u00a0: un nombre, aucun nom.",
        required=False,
        min_value=0,
        max_value=100_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "offres-court"}),
        error_messages={"invalid": "Écrivez un nombre entier, par exemple 45."},
    )
    file_active_inconnue = forms.BooleanField(label="Je ne sais pas", required=False)
    publics = forms.ModelMultipleChoiceField(
        label="Quels publics accueillez-vous\u00a0?",
        queryset=Public.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    contact_fonction = forms.CharField(
        label="Service ou fonction à contacter",
        help_text="Par exemple «\u00a0Service insertion\u00a0». Visible des partenaires.",
        required=False,
        max_length=120,
    )
    telephone = forms.CharField(
        label="Téléphone professionnel",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    courriel = forms.EmailField(
        label="Adresse électronique du service",
        required=False,
        error_messages={"invalid": "Cette adresse est incomplète. Exemple\u00a0: service@structure.fr"},
    )
    participation = forms.ChoiceField(
        label="Souhaitez-vous participer à la démarche\u00a0?",
        help_text="Vous pourrez changer d’avis.",
        choices=Reponse.Participation.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une réponse\u00a0: «\u00a0À rediscuter\u00a0» n’engage à rien."},
    )

    def __init__(self, *args: Any, reponse: Reponse, **kwargs: Any) -> None:
        structure: Structure = reponse.structure
        kwargs["initial"] = {
            "version": reponse.version,
            "file_active": structure.capacite
            if reponse.file_active is None and not reponse.file_active_inconnue
            else reponse.file_active,
            "file_active_inconnue": reponse.file_active_inconnue,
            "publics": [public.pk for public in structure.publics.all()],
            "contact_fonction": structure.contact_fonction,
            "telephone": structure.telephone,
            "courriel": structure.courriel,
            "participation": reponse.participation,
        }
        super().__init__(*args, **kwargs)
        self.fields["publics"].queryset = Public.objects.actifs()  # type: ignore[attr-defined]
        self.fields["file_active"].pcti_attendu = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        exiger_nombre_ou_ne_sait_pas(self, donnees, "file_active", "file_active_inconnue")
        return donnees


def exiger_nombre_ou_ne_sait_pas(form: forms.Form, donnees: dict[str, Any], nombre: str, inconnu: str) -> None:
    """One of the two, not both: the error is at the number's field."""
    if nombre in form.errors or nombre not in form.fields:
        return
    if donnees.get(nombre) is None and not donnees.get(inconnu):
        form.add_error(nombre, "Écrivez un nombre, ou cochez «\u00a0Je ne sais pas\u00a0».")
    if donnees.get(nombre) is not None and donnees.get(inconnu):
        form.add_error(
            nombre, "Vous avez écrit un nombre et coché «\u00a0Je ne sais pas\u00a0»\u00a0: gardez l’un des deux."
        )


class EtapeCooperationsForm(FormulairePortail, forms.Form):
    """Step 4: the agreements in force. Nothing is compulsory."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, reponse: Reponse, avant: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        """`avant`: what was answered last time, told beside each question and never chosen for the person."""
        kwargs["initial"] = {
            "version": reponse.version,
            **{cle: reponse.cooperations.get(cle) for cle in CONVENTIONS},
        }
        super().__init__(*args, **kwargs)
        from socle.formulaires import habiller

        for cle, question in CONVENTIONS.items():
            self.fields[cle] = forms.ChoiceField(
                label=question,
                help_text=(avant or {}).get(cle, ""),
                choices=OUI_NON,
                required=False,
                widget=forms.RadioSelect,
            )
            habiller(self.fields[cle])


class PartenaireForm(FormulairePortail, forms.Form):
    """One partner of step 4. An empty row is left out."""

    partenaire = forms.CharField(label="Partenaire", required=False, max_length=160)
    objet = forms.CharField(label="Objet de la coopération", required=False, max_length=250)
    fin = forms.DateField(
        label="Convention jusqu’au",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Cette date n’existe pas. Exemple\u00a0: 31/12/2027"},
    )

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        if not donnees.get("partenaire") and (donnees.get("objet") or donnees.get("fin")):
            self.add_error("partenaire", "Écrivez le nom de la structure partenaire.")
        return donnees


PartenairesFormSet = forms.formset_factory(PartenaireForm, extra=PARTENAIRES_VIDES, max_num=30, validate_max=True)


class EnvoiForm(FormulairePortail, forms.Form):
    """Step 5: a word for the coordination, and the sending."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    commentaire = forms.CharField(
        label="Un mot pour la coordination",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
