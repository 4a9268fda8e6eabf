"""Forms of the accounts: allauth's, dressed as the portal's, and the profile."""

from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django import forms

from socle.formulaires import FormulairePortail, habiller
from structures.comptes.models import Utilisateur
from structures.comptes.notifications import Genre

LIBELLES = {
    "login": "Adresse électronique",
    "email": "Adresse électronique professionnelle",
    "code": "Code reçu par courriel",
    "password": "Mot de passe",
    "oldpassword": "Mot de passe actuel",
    "password1": "Nouveau mot de passe",
    "password2": "Nouveau mot de passe, une seconde fois",
}
AIDES = {
    "password1": "Au moins douze caractères. Une phrase que vous seul connaissez convient très bien.",
    "code": "Huit lettres ou chiffres, par exemple ABCD-EFGH. Majuscules et tiret ne comptent pas.",
}


class FormulaireCompte(FormulairePortail):
    """Our words for allauth's fields; no placeholder (it is no label)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom, champ in self.fields.items():
            champ.label = LIBELLES.get(nom, champ.label)
            champ.help_text = AIDES.get(nom, "")
            champ.widget.attrs.pop("placeholder", None)
            champ.error_messages["required"] = "Ce champ est à remplir."


class FormulaireConnexion(FormulaireCompte, allauth_forms.LoginForm):
    """Sign-in with a password."""


class FormulaireDemandeCode(FormulaireCompte, allauth_forms.RequestLoginCodeForm):
    """Ask for a code by e-mail."""


class FormulaireCode(FormulaireCompte, allauth_forms.ConfirmLoginCodeForm):
    """The code received."""


class FormulaireOubli(FormulaireCompte, allauth_forms.ResetPasswordForm):
    """Ask for a link to choose another password."""


class FormulaireNouveauMotDePasse(FormulaireCompte, allauth_forms.ResetPasswordKeyForm):
    """Another password, from that link."""


class FormulaireChangement(FormulaireCompte, allauth_forms.ChangePasswordForm):
    """Another password, knowing the present one."""


class FormulairePremierMotDePasse(FormulaireCompte, allauth_forms.SetPasswordForm):
    """A first password."""


class FormulaireConfirmation(FormulaireCompte, allauth_forms.ReauthenticateForm):
    """The password once more, before something sensitive."""


class FormulaireProfil(FormulairePortail, forms.ModelForm):  # type: ignore[type-arg]
    """What colleagues see of a person."""

    class Meta:
        model = Utilisateur
        fields: ClassVar = ["prenom", "nom", "fonction", "telephone"]
        help_texts: ClassVar = {
            "fonction": "Elle est montrée à vos partenaires à côté de votre nom.",
            "telephone": "Numéro du service ou ligne professionnelle.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom, valeur in (("prenom", "given-name"), ("nom", "family-name"), ("fonction", "organization-title")):
            self.fields[nom].widget.attrs["autocomplete"] = valeur
        self.fields["telephone"].widget.attrs |= {"autocomplete": "tel", "inputmode": "tel"}
        for nom in ("prenom", "nom"):
            self.fields[nom].required = True


class FormulaireNotifications(FormulairePortail, forms.Form):
    """For each kind that can be refused: at once, or never."""

    QUAND: ClassVar = [("aussitot", "Aussitôt"), ("jamais", "Jamais")]

    def __init__(self, *args: Any, genres: list[Genre], choix: dict[str, bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for genre in genres:
            self.fields[genre.cle] = champ = forms.ChoiceField(
                label=genre.libelle,
                help_text=genre.aide,
                choices=self.QUAND,
                widget=forms.RadioSelect,
                initial="aussitot" if choix[genre.cle] else "jamais",
                error_messages={"required": "Choisissez entre «\u00a0Aussitôt\u00a0» et «\u00a0Jamais\u00a0»."},
            )
            habiller(champ)

    def choix(self) -> dict[str, bool]:
        return {cle: valeur == "aussitot" for cle, valeur in self.cleaned_data.items()}


class FormulaireAdresse(FormulairePortail, forms.Form):
    """The new address of an account."""

    adresse = forms.EmailField(
        label="Nouvelle adresse électronique professionnelle",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Donnez la nouvelle adresse.",
            "invalid": "Cette adresse n’est pas complète. Exemple\u00a0: prenom.nom@structure.fr",
        },
    )


class FormulaireCodeAdresse(FormulairePortail, forms.Form):
    """The code that proves the new address."""

    code = forms.CharField(
        label="Code reçu à la nouvelle adresse",
        help_text=AIDES["code"],
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
        error_messages={"required": "Recopiez le code reçu."},
    )


class FormulaireSuppression(FormulairePortail, forms.Form):
    """One gesture that cannot be made by mistake."""

    compris = forms.BooleanField(
        label="J’ai compris que c’est définitif",
        error_messages={"required": "Cochez cette case pour confirmer."},
    )


class FormulaireRemise(FormulairePortail, forms.Form):
    """Why the second factors of somebody are reset."""

    motif = forms.CharField(
        label="Motif",
        help_text="Par exemple\u00a0: téléphone perdu, identité vérifiée par un appel au numéro de la structure.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites pourquoi, et comment vous avez vérifié que c’est bien cette personne."},
    )
