"""What people type about teams: invitations, requests, answers."""

import tempfile
from pathlib import Path
from typing import Any

from django import forms

from socle.formulaires import FormulairePortail
from structures.adhesions.lecture import LIGNES_MAX, LigneLue, lire, lire_texte
from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.regles import est_administration
from structures.imports.fiche import FichierIllisible
from structures.models import Adhesion, Invitation
from structures.territoires.models import Pole

AIDE_ROLE = "La direction peut aussi inviter et signer\u00a0; un membre de l’équipe tient la fiche et répond."
MESSAGE_MAX = 500
POIDS_MAX = 20 * 1024 * 1024


class NouvelleInvitation(FormulairePortail, forms.Form):
    """Invite somebody to a structure."""

    email = forms.EmailField(label="Adresse électronique professionnelle", max_length=254)
    role = forms.ChoiceField(
        label="Rôle",
        choices=Adhesion.Role.choices,
        initial=Adhesion.Role.MEMBRE,
        widget=forms.RadioSelect,
        help_text=AIDE_ROLE,
    )


class InvitationAuPortail(FormulairePortail, forms.Form):
    """Invite somebody to hold a right of the portal; a coordination invites to its own pôles only."""

    email = forms.EmailField(label="Adresse électronique professionnelle", max_length=254)
    role = forms.ChoiceField(label="Rôle", widget=forms.RadioSelect)
    pole = forms.ModelChoiceField(
        label="Pôle",
        queryset=Pole.objects.none(),
        required=False,
        empty_label="Choisir un pôle",
        help_text="Pour la coordination seulement.",
    )

    def __init__(self, *args: Any, par: Utilisateur, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        poles = self.fields["pole"]
        assert isinstance(poles, forms.ModelChoiceField)  # noqa: S101 (narrowing for the type checker)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101 (narrowing)
        tous = est_administration(par)
        role.choices = [
            (valeur, texte) for valeur, texte in Habilitation.Role.choices if tous or valeur == "coordination"
        ]
        role.initial = Invitation.Role.COORDINATION
        poles.queryset = (
            Pole.objects.all()
            if tous
            else Pole.objects.filter(habilitations__in=par.habilitations.actives().filter(role="coordination"))
        )
        if not tous:
            # A coordination gives a coordination and nothing else: the pôle is asked, and is often the only one.
            poles.required, poles.help_text = True, ""
            if len(siens := list(poles.queryset[:2])) == 1:
                poles.initial = siens[0].pk

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if donnees.get("role") == Invitation.Role.COORDINATION:
            if not donnees.get("pole") and "pole" not in self.errors:
                self.add_error("pole", "Choisissez le pôle à coordonner.")
        else:
            donnees["pole"] = None
        return donnees


class Identite(FormulairePortail, forms.Form):
    """Who accepts an invitation, when the account is new."""

    prenom = forms.CharField(label="Prénom", max_length=80)
    nom = forms.CharField(label="Nom", max_length=80)
    fonction = forms.CharField(label="Fonction", max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom, valeur in (("prenom", "given-name"), ("nom", "family-name"), ("fonction", "organization-title")):
            self.fields[nom].widget.attrs["autocomplete"] = valeur


class LienPerdu(FormulairePortail, forms.Form):
    """The address where the invitation was received."""

    email = forms.EmailField(
        label="Adresse électronique professionnelle",
        max_length=254,
        help_text="Celle où l’invitation vous a été envoyée.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class DemandeConnectee(FormulairePortail, forms.Form):
    """« Je travaille ici », by somebody signed in."""

    role = forms.ChoiceField(
        label="Votre rôle dans la structure",
        choices=Adhesion.Role.choices,
        initial=Adhesion.Role.MEMBRE,
        widget=forms.RadioSelect,
        help_text=AIDE_ROLE,
    )
    fonction = forms.CharField(
        label="Votre fonction",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    message = forms.CharField(
        label="Un mot pour la personne qui répondra",
        required=False,
        max_length=MESSAGE_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DemandeVisiteur(DemandeConnectee):
    """The same, by somebody without an account."""

    email = forms.EmailField(
        label="Adresse électronique professionnelle",
        max_length=254,
        help_text="Un message vous y demandera de confirmer, avant que quiconque ne soit dérangé.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    nom = forms.CharField(
        label="Prénom et nom", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    field_order = ("email", "nom", "fonction", "role", "message")


class ReponseDemande(FormulairePortail, forms.Form):
    """Accept or refuse a request, with a word."""

    decision = forms.ChoiceField(
        label="Votre réponse",
        choices=[("oui", "Accepter dans l’équipe"), ("non", "Refuser")],
        widget=forms.RadioSelect,
    )
    role = forms.ChoiceField(
        label="Rôle donné", choices=Adhesion.Role.choices, widget=forms.RadioSelect, help_text=AIDE_ROLE
    )
    mot = forms.CharField(
        label="Un mot pour la personne",
        required=False,
        max_length=MESSAGE_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if donnees.get("decision") == "non" and not str(donnees.get("mot", "")).strip():
            self.add_error("mot", "Dites en un mot pourquoi\u00a0: la personne le lira.")
        return donnees


class ListeAInviter(FormulairePortail, forms.Form):
    """A file, or lines pasted: read at once, so that what is wrong is said at the field."""

    fichier = forms.FileField(
        label="Fichier",
        required=False,
        help_text=f"CSV, Excel (.xlsx, .xls) ou LibreOffice (.ods), {LIGNES_MAX // 1000}\u00a0000 lignes au plus.",
    )
    texte = forms.CharField(
        label="Ou lignes collées depuis un tableur",
        required=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="Sans titres de colonnes, dans cet ordre\u00a0: adresse électronique, structure avec sa ville, "
        "rôle, nom.",
    )
    role = forms.ChoiceField(
        label="Rôle quand la colonne est vide",
        choices=Adhesion.Role.choices,
        initial=Adhesion.Role.DIRECTION,
        widget=forms.RadioSelect,
    )
    lues: list[LigneLue]

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        fichier, texte = donnees.get("fichier"), str(donnees.get("texte") or "")
        if not self.errors and not fichier and not texte.strip():
            self.add_error("fichier", "Choisissez un fichier, ou collez des lignes ci-dessous.")
        if self.errors:
            return donnees
        if fichier and fichier.size > POIDS_MAX:
            self.add_error("fichier", "Ce fichier dépasse 20 Mo\u00a0: ce n’est sans doute pas la bonne liste.")
            return donnees
        try:
            self.lues = _lire_fichier(fichier) if fichier else lire_texte(texte)
        except FichierIllisible as erreur:
            self.add_error("fichier" if fichier else "texte", str(erreur))
        return donnees

    @property
    def titre(self) -> str:
        """Name of the list: that of the file."""
        fichier = self.cleaned_data.get("fichier")
        return str(fichier.name) if fichier else f"Liste collée, {len(self.lues)} lignes"


def _lire_fichier(fichier: Any) -> list[LigneLue]:
    with tempfile.TemporaryDirectory(prefix="pcti-liste-") as dossier:
        chemin = Path(dossier) / "liste"
        with chemin.open("wb") as sortie:
            for bloc in fichier.chunks():
                sortie.write(bloc)
        return lire(chemin)
