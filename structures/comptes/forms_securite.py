"""Forms of the second factors: allauth's, dressed as the portal's."""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.recovery_codes import forms as codes
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as cles
from django import forms

from socle.formulaires import FormulairePortail, habiller
from structures.comptes.forms import FormulaireCompte

AIDE_CODE = "Les six chiffres affichés par votre application. Ils changent toutes les trente secondes."
NOM_MAX = 60


class FormulaireFacteur(FormulaireCompte):
    """The code field, in our words."""

    libelle = "Code à six chiffres"
    aide = AIDE_CODE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        champ = self.fields["code"]
        champ.label, champ.help_text = self.libelle, self.aide
        champ.widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric"}


class FormulaireActivation(FormulaireFacteur, totp.ActivateTOTPForm):
    """The first code of an application."""

    libelle = "Code affiché par l’application"


class FormulaireSecondFacteur(FormulaireFacteur, base.AuthenticateForm):
    """After the e-mailed code or the password."""

    libelle = "Code de votre application, ou code de secours"
    aide = "Six chiffres pour l’application\u00a0; huit chiffres pour un code de secours, qui ne sert qu’une fois."

    def save(self) -> None:
        """Who has just given it is not asked again at once (the same code would be refused)."""
        base.post_authentication(context.request, self.authenticator, reauthenticated=True)


class FormulaireSecondFacteurCle(cles.AuthenticateWebAuthnForm):
    """The same with a passkey, after the e-mailed code or the password."""

    reauthenticated = True


class FormulaireEntreeCle(cles.LoginWebAuthnForm):
    """Sign-in with a passkey alone."""

    reauthenticated = True


class FormulaireReconfirmation(FormulaireFacteur, base.ReauthenticateForm):
    """The second factor once more, before something sensitive."""

    libelle = FormulaireSecondFacteur.libelle
    aide = FormulaireSecondFacteur.aide


class FormulaireRetraitApplication(FormulairePortail, totp.DeactivateTOTPForm):
    """Nothing to fill: a button."""


class FormulaireNouveauxCodes(FormulairePortail, codes.GenerateRecoveryCodesForm):
    """Nothing to fill: a button."""


class FormulaireAjoutCle(FormulairePortail, cles.AddWebAuthnForm):
    """The name of a key; the key itself comes from the browser."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)
        self.fields["name"] = forms.CharField(
            label="Nom de la clé",
            help_text="Pour la reconnaître dans votre liste\u00a0: «\u00a0Téléphone\u00a0», "
            "«\u00a0Ordinateur du bureau\u00a0»…",
            max_length=NOM_MAX,
            required=False,
            initial=self.fields["name"].initial,
        )
        self.fields["name"].pcti_attendu = True  # type: ignore[attr-defined]
        habiller(self.fields["name"])
        self.fields["credential"].error_messages["required"] = (
            "La clé n’a pas été créée. Recommencez avec le bouton, et suivez ce que votre appareil demande."
        )

    def clean(self) -> dict[str, Any]:
        """A key that opens alone has to ask for a finger, a face or a PIN: check that it did."""
        donnees: dict[str, Any] = super().clean() or {}
        if donnees.get("credential"):
            reponse = cles.auth.parse_registration_response(donnees["credential"])
            if not reponse.response.attestation_object.auth_data.is_user_verified():
                raise get_adapter().validation_error("incorrect_code")
        return donnees


class FormulaireNomCle(FormulairePortail, cles.EditWebAuthnForm):
    """Another name for a key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        champ = self.fields["name"]
        champ.label = "Nom de la clé"
        champ.widget.attrs["maxlength"] = str(NOM_MAX)
        champ.error_messages["required"] = "Donnez un nom à cette clé."

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"])[:NOM_MAX]
