"""Forms of the agreements: parties and who signs, conditions, code, consent, refusal, check."""

from datetime import date
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from fiches_action.conventions.contenu import CONDITIONS, DUREES
from fiches_action.conventions.models import Convention, Partie, Signataire
from socle.formulaires import FormulairePortail
from structures.models import Structure

TAILLE_MAX = 20 * 1024 * 1024
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class FormulairePartie(FormulairePortail, forms.ModelForm):  # type: ignore[type-arg]
    """The legal person, its commitments, its referent and its signatory, on one page."""

    signataire_nom = forms.CharField(label="Nom du signataire", max_length=120, help_text="Prénom et nom.")
    signataire_fonction = forms.CharField(label="Fonction du signataire", max_length=150)
    signataire_email = forms.EmailField(
        label="Adresse électronique du signataire",
        help_text="Nominative et professionnelle\u00a0: le code de signature y sera envoyé.",
    )
    qualite = forms.ChoiceField(
        label="Il ou elle signe", choices=Signataire.Qualite.choices, widget=forms.RadioSelect, initial="titulaire"
    )
    delegation_acte = forms.CharField(
        label="Acte de délégation",
        max_length=200,
        required=False,
        help_text=(
            "Par exemple\u00a0: décision n° 2026-12 du président. À remplir si la personne signe par délégation."
        ),
    )
    delegation_le = forms.DateField(label="Date de la délégation", required=False, widget=DATE)

    class Meta:
        model = Partie
        fields = (
            "nom",
            "nom_court",
            "forme_juridique",
            "adresse",
            "numero",
            "engagements",
            "referent_nom",
            "referent_fonction",
        )
        widgets = {"engagements": forms.Textarea(attrs={"rows": 5, "maxlength": 4000})}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "nom": "Celle qui s’engage\u00a0: par exemple l’association gestionnaire.",
            "nom_court": "Celui que reprennent les articles\u00a0: par exemple «\u00a0l’IME\u00a0».",
            "engagements": "Un engagement par ligne, à l’infinitif\u00a0: "
            "«\u00a0accueillir deux jeunes par session\u00a0».",
            "numero": "Par exemple\u00a0: SIRET 123 456 789 00012.",
            "referent_nom": "Une fonction suffit.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom in ("adresse", "numero", "engagements", "referent_fonction"):
            self.fields[nom].required = True
        self.fields["engagements"].max_length = 4000  # type: ignore[attr-defined]
        signataire = self.instance.signataires.first() if self.instance.pk else None
        if signataire is not None:
            for champ in ("nom", "fonction", "email"):
                self.initial[f"signataire_{champ}"] = getattr(signataire, champ)
            for champ in ("qualite", "delegation_acte", "delegation_le"):
                self.initial[champ] = getattr(signataire, champ)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if donnees.get("qualite") == Signataire.Qualite.DELEGATAIRE:
            if not donnees.get("delegation_acte"):
                self.add_error("delegation_acte", "Indiquez l’acte qui donne délégation.")
            if not donnees.get("delegation_le"):
                self.add_error("delegation_le", "Indiquez la date de l’acte.")
            elif donnees["delegation_le"] > date.today():
                self.add_error("delegation_le", "Cette date est à venir\u00a0: la délégation doit déjà exister.")
        if len(donnees.get("engagements") or "") > 4000:
            self.add_error("engagements", "Ce texte dépasse 4 000 signes\u00a0: raccourcissez-le.")
        return donnees

    def signataire(self) -> dict[str, Any]:
        """What ``operations.enregistrer_partie`` writes of the signatory."""
        donnees = self.cleaned_data
        delegue = donnees["qualite"] == Signataire.Qualite.DELEGATAIRE
        return {
            "nom": donnees["signataire_nom"],
            "fonction": donnees["signataire_fonction"],
            "email": donnees["signataire_email"],
            "qualite": donnees["qualite"],
            "delegation_acte": donnees["delegation_acte"] if delegue else "",
            "delegation_le": donnees["delegation_le"] if delegue else None,
        }


class FormulaireConditions(FormulairePortail, forms.Form):
    """Dates, money, follow-up, end: the « conv.* » variables of the model."""

    debut = forms.DateField(label="Prend effet le", widget=DATE)
    duree = forms.ChoiceField(label="Pour une durée de", choices=list(DUREES.items()))
    reconduction = forms.ChoiceField(
        label="Au terme",
        choices=[
            ("expresse", "Renouvelée par accord écrit, pas de tacite reconduction"),
            ("tacite", "Reconduite tacitement, une fois au plus"),
        ],
        widget=forms.RadioSelect,
    )
    preavis_renouvellement = forms.CharField(label="Préavis de renouvellement", max_length=60)
    preavis_resiliation = forms.CharField(label="Préavis de résiliation", max_length=60)
    cout = forms.ChoiceField(
        label="La coopération est",
        choices=[("gratuite", "Gratuite\u00a0: chaque partie supporte ses frais"), ("payante", "Payante")],
        widget=forms.RadioSelect,
    )
    budget = forms.CharField(
        label="Répartition des frais",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Ne figure dans le texte que si la coopération est payante.",
    )
    lieux = forms.CharField(label="Lieux de la coopération", max_length=300)
    delai_reponse = forms.CharField(label="Délai de réponse à une demande, en jours ouvrés", max_length=20)
    membres_comite = forms.CharField(label="Le comité de suivi réunit les référents et", max_length=300)
    frequence_comite = forms.CharField(label="Il se réunit au moins", max_length=60)
    date_bilan = forms.CharField(
        label="Bilan annuel avant le", max_length=40, help_text="Par exemple\u00a0: 31 janvier."
    )
    duree_conservation_contacts = forms.CharField(
        label="Contacts des professionnels effacés, après la fin de la convention, au bout de", max_length=40
    )
    declinaison_departementale = forms.CharField(
        label="Déclinaison départementale de la convention-cadre ESAT – Réseau pour l’emploi",
        required=False,
        max_length=200,
        help_text="Si une partie est un ESAT.",
    )
    date_ca = forms.CharField(
        label="Date de la délibération du conseil d’administration",
        required=False,
        max_length=40,
        help_text="Si une partie est un établissement scolaire.",
    )
    tribunal = forms.CharField(
        label="Ressort du tribunal compétent", max_length=80, help_text="Une ville\u00a0: Évreux, Caen…"
    )
    lieu = forms.CharField(label="Fait à", max_length=80)
    autres_annexes = forms.CharField(label="Autres annexes", required=False, max_length=300)
    visa = forms.CharField(
        label="Vu pour information par",
        required=False,
        max_length=200,
        help_text="Une institution qui n’est pas partie\u00a0: ARS, DREETS, Département.",
    )

    @classmethod
    def de(cls, convention: Convention, donnees: Any = None) -> "FormulaireConditions":
        return cls(donnees, initial={**CONDITIONS, **convention.variables, "debut": convention.debut})

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if donnees.get("cout") == "payante" and not donnees.get("budget"):
            self.add_error("budget", "Dites comment les frais sont répartis.")
        return donnees

    def variables(self) -> dict[str, str]:
        return {nom: str(self.cleaned_data[nom]) for nom in CONDITIONS}


def differences(ecrit: forms.BaseForm, enregistre: forms.BaseForm) -> list[tuple[str, str]]:
    """(label, what is stored now) of each field where a person wrote something else."""
    return [
        (str(champ.label), str(enregistre[champ.name].value() or "—"))
        for champ in ecrit
        if str(champ.value() or "") != str(enregistre[champ.name].value() or "")
    ]


class FormulaireAjout(FormulairePortail, forms.Form):
    structure = forms.ModelChoiceField(
        queryset=Structure.objects.none(), label="Structure de la fiche à ajouter", empty_label="Choisissez"
    )

    def __init__(self, convention: Convention, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        champ = self.fields["structure"]
        champ.queryset = Structure.objects.filter(  # type: ignore[attr-defined]
            pk__in=convention.fiche.acteurs.values("structure")
        ).exclude(pk__in=convention.parties.values("structure"))


class FormulaireMotif(FormulairePortail, forms.Form):
    motif = forms.CharField(
        label="Motif",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Une phrase suffit\u00a0; les personnes concernées la liront.",
    )


class FormulaireCode(FormulairePortail, forms.Form):
    code = forms.CharField(
        label="Code reçu par courriel",
        help_text="Six chiffres, valables dix minutes.",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        chiffres = "".join(c for c in self.cleaned_data["code"] if c.isdigit())
        if len(chiffres) != 6:
            raise forms.ValidationError("Le code compte six chiffres.")
        return chiffres


class FormulaireSignature(FormulairePortail, forms.Form):
    """The consent, word for word as the evidence keeps it."""

    consentement = forms.BooleanField(error_messages={"required": "Cochez votre accord pour signer."})

    def __init__(self, texte: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consentement"].label = texte


class FormulaireNumero(FormulairePortail, forms.Form):
    numero = forms.CharField(
        label="Numéro de la convention",
        max_length=20,
        help_text="Par exemple\u00a0: CV-2026-0001.",
        validators=[RegexValidator(r"^\s*[Cc][Vv]-\d{4}-\d{4,}\s*$", "Un numéro s’écrit CV-2026-0001.")],
    )
    code = forms.CharField(label="Code de contrôle", max_length=14, help_text="Dix signes, au bas de chaque page.")

    def clean_numero(self) -> str:
        return str(self.cleaned_data["numero"]).strip().upper()

    def clean_code(self) -> str:
        # What people read wrong on paper, read back right.
        lu = str(self.cleaned_data["code"]).upper().translate(str.maketrans("OILU", "011V"))
        return "".join(c for c in lu if c.isalnum())


class FormulaireFichier(FormulairePortail, forms.Form):
    fichier = forms.FileField(
        label="Fichier PDF",
        help_text="Vingt mégaoctets au plus. Il est examiné puis oublié\u00a0: rien n’en est gardé.",
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
        error_messages={"required": "Choisissez un fichier PDF."},
    )

    def clean_fichier(self) -> Any:
        fichier = self.cleaned_data["fichier"]
        if fichier.size > TAILLE_MAX:
            raise forms.ValidationError(
                "Ce fichier dépasse vingt mégaoctets\u00a0: une convention en pèse bien moins."
            )
        return fichier
