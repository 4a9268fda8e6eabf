"""Preparing, following, extending a campaign; reopening or refusing an answer."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Count
from django.utils import timezone

from offres import suivi, textes
from offres.campagnes import structures_visees
from offres.liste_collee import LIGNES_MAX, lignes_de
from offres.models import Campagne, Reponse
from socle.formulaires import FormulairePortail, habiller
from socle.recherche import normaliser
from socle.templatetags.typographie import nombre as mots_nombre
from structures.referentiel import TYPES
from structures.territoires.models import Bassin, Pole

NECESSAIRE = "Ce renseignement est nécessaire pour inviter les structures."


class CadreForm(FormulairePortail, forms.Form):
    """Step 1: whose, called how, from when to when, and a word for the directions."""

    pole = forms.ModelChoiceField(label="Pôle", queryset=Pole.objects.none(), empty_label=None)
    nom = forms.CharField(
        label="Nom de la campagne",
        help_text="Par exemple «\u00a0Recueil 2026\u00a0».",
        max_length=120,
        error_messages={"required": NECESSAIRE},
    )
    debut = forms.DateField(label="Ouverte le", help_text="Les invitations partent ce jour-là.")
    fin = forms.DateField(label="Dernier jour pour répondre", help_text="Prolonger reste possible.")
    message = forms.CharField(
        label="Un mot pour les directions",
        help_text="Il est repris dans l’invitation et sur la première page du questionnaire.",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, poles: frozenset[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pole"].queryset = Pole.objects.filter(pk__in=poles)  # type: ignore[attr-defined]
        for nom in ("debut", "fin"):
            champ = self.fields[nom]
            champ.widget = forms.DateInput(attrs={"type": "date", "class": "fr-input"}, format="%Y-%m-%d")
            champ.error_messages |= {
                "required": NECESSAIRE,
                "invalid": "Cette date n’existe pas. Exemple\u00a0: 30/06/2026",
            }

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        debut, fin = donnees.get("debut"), donnees.get("fin")
        if debut and fin and fin < debut:
            self.add_error("fin", "La date limite est avant l’ouverture\u00a0: vérifiez les deux dates.")
        elif fin and fin < timezone.localdate():
            self.add_error("fin", "Cette date est passée\u00a0: laissez aux structures le temps de répondre.")
        return donnees


class CibleForm(FormulairePortail, forms.Form):
    """Step 2: bassins and types, each with the number of open structures of the perimeter."""

    bassins = forms.MultipleChoiceField(
        label="Bassins d’emploi",
        help_text="Sans choix, tous les bassins du périmètre.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    types = forms.MultipleChoiceField(
        label="Types de structures",
        help_text="Sans choix, toutes les structures ouvertes.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, campagne: Campagne, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"bassins": campagne.bassins, "types": campagne.types})
        super().__init__(*args, **kwargs)
        visees = structures_visees(campagne.pole).order_by()
        bassins = dict(visees.values_list("commune__bassin").annotate(n=Count("pk")))
        types = dict(visees.values_list("type").annotate(n=Count("pk")))
        noms = Bassin.objects.filter(pk__in=[code for code in bassins if code]).values_list("pk", "nom")
        self.fields["bassins"].choices = [  # type: ignore[attr-defined]
            (code, f"{nom} ({bassins[code]})") for code, nom in sorted(noms, key=lambda b: normaliser(b[1]))
        ]
        self.fields["types"].choices = [  # type: ignore[attr-defined]
            (t.slug, f"{t.libelle} ({types[t.slug]})") for t in TYPES.values() if t.slug in types
        ]

    @property
    def change(self) -> bool:
        """Whether it asks for something else than what is kept (once valid)."""
        return any(set(self.cleaned_data[nom]) != set(self.initial[nom]) for nom in ("bassins", "types"))


class CollageForm(FormulairePortail, forms.Form):
    """Step 2, for who comes with a list."""

    liste = forms.CharField(
        label="Votre liste",
        help_text="Une structure par ligne\u00a0: son numéro FINESS, SIRET ou UAI, ou son nom. Une colonne copiée "
        "d’un tableur convient. Les bassins, les types et les cases ci-dessus sont remplacés.",
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Collez au moins une ligne."},
    )

    def clean_liste(self) -> str:
        """All of it or nothing: what would be cut from its end would not be invited."""
        liste: str = self.cleaned_data["liste"]
        nombre = len(lignes_de(liste))
        if nombre > LIGNES_MAX:
            raise forms.ValidationError(
                f"Cette liste a {mots_nombre(nombre)} lignes\u00a0: {mots_nombre(LIGNES_MAX)} au plus à la fois."
            )
        return liste


class TexteForm(FormulairePortail, forms.Form):
    """Step 3: the words of one text, with known variables only."""

    sujet = forms.CharField(label="Objet", max_length=textes.SUJET_MAX)
    texte = forms.CharField(label="Texte", max_length=textes.TEXTE_MAX, widget=forms.Textarea(attrs={"rows": 16}))

    def __init__(self, *args: Any, modele: textes.ModeleTexte, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.modele = modele

    def _connues(self, champ: str) -> str:
        valeur: str = self.cleaned_data[champ].replace("\r\n", "\n").strip()
        fautes = textes.inconnues(valeur)
        if fautes:
            raise forms.ValidationError(
                f"Ceci n’est pas une variable\u00a0: {', '.join(fautes)}. La liste est à côté du texte."
            )
        return valeur

    def clean_sujet(self) -> str:
        return self._connues("sujet")

    def clean_texte(self) -> str:
        valeur = self._connues("texte")
        if self.modele.exige and f"{{{self.modele.exige}}}" not in valeur:
            raise forms.ValidationError(
                f"Gardez {{{self.modele.exige}}} dans le texte\u00a0: sans lui, personne ne pourrait répondre."
            )
        return valeur


class AidesForm(FormulairePortail, forms.Form):
    """Step 4: one help per page of the questionnaire, all of them optional."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for cle, titre in textes.AIDES.items():
            champ = forms.CharField(
                label=titre, required=False, max_length=textes.AIDE_MAX, widget=forms.Textarea(attrs={"rows": 3})
            )
            habiller(champ)
            self.fields[cle] = champ


class ProlongationForm(FormulairePortail, forms.Form):
    """A later last day."""

    fin = forms.DateField(
        label="Nouvelle date limite",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Choisissez la nouvelle date limite.",
            "invalid": "Cette date n’existe pas. Exemple\u00a0: 30/06/2026",
        },
    )


class ReouvertureForm(FormulairePortail, forms.Form):
    """Why the answer goes back to its structure."""

    motif = forms.CharField(
        label="Que faut-il compléter ou corriger\u00a0?",
        help_text="La structure lit ce texte dans le courriel et en haut de son questionnaire.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Dites à la structure pourquoi sa réponse est rouverte."},
    )


class RefusForm(FormulairePortail, forms.Form):
    """Why a structure won't answer."""

    raison = forms.ChoiceField(
        label="Pourquoi\u00a0?",
        choices=Reponse.Refus.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une raison\u00a0: elle aide la coordination à ne plus vous déranger."},
    )
    precision = forms.CharField(
        label="Précision pour la coordination",
        help_text="Par exemple qui répond à votre place, ou quand vous rappeler. Aucun nom de personne accompagnée.",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        if donnees.get("raison") == Reponse.Refus.AUTRE and not donnees.get("precision", "").strip():
            self.add_error("precision", "Dites en quelques mots quelle est cette autre raison.")
        return donnees


class FiltresSuiviForm(FormulairePortail, forms.Form):
    """Which answers of a campaign are shown. What is unknown in the address narrows nothing."""

    etat = forms.ChoiceField(required=False, choices=[(s.cle, s.libelle) for s in suivi.SORTS.values()])
    courriel = forms.ChoiceField(required=False, choices=[("a-verifier", "Courriels à vérifier")])
    bassin = forms.ChoiceField(label="Bassin", required=False)
    type = forms.ChoiceField(label="Type", required=False)
    q = forms.CharField(label="Nom de la structure", required=False, max_length=100)

    def __init__(self, *args: Any, campagne: Campagne, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        presentes = campagne.reponses.comptees().order_by()
        types = set(presentes.values_list("structure__type", flat=True).distinct())
        codes = presentes.filter(structure__commune__bassin__isnull=False).values("structure__commune__bassin")
        bassins = Bassin.objects.filter(pk__in=codes).values_list("pk", "nom")
        for champ in self.fields.values():
            # A filter is never awaited: no « facultatif » beside each.
            champ.pcti_attendu = True  # type: ignore[attr-defined]
        self.fields["bassin"].choices = [  # type: ignore[attr-defined]
            ("", "Tous"), *sorted(bassins, key=lambda b: normaliser(b[1])),
        ]  # fmt: skip
        self.fields["type"].choices = [  # type: ignore[attr-defined]
            ("", "Tous"), *((t.slug, t.libelle) for t in TYPES.values() if t.slug in types),
        ]  # fmt: skip
        self.is_valid()

    def valeur(self, cle: str) -> str:
        return str(self.cleaned_data.get(cle) or "")

    @property
    def actifs(self) -> bool:
        return any(self.valeur(cle) for cle in self.fields)

    def requete(self, **autres: str) -> str:
        valeurs = {cle: self.valeur(cle) for cle in self.fields} | autres
        return urlencode({cle: v for cle, v in valeurs.items() if v})

    def filtrer(self, reponses: Any) -> Any:
        """Narrow answers that carry `sort_suivi`."""
        if etat := self.valeur("etat"):
            reponses = reponses.filter(sort_suivi=etat)
        if self.valeur("courriel"):
            reponses = suivi.a_verifier(reponses)
        if bassin := self.valeur("bassin"):
            reponses = reponses.filter(structure__commune__bassin=bassin)
        if type_ := self.valeur("type"):
            reponses = reponses.filter(structure__type=type_)
        for mot in normaliser(self.valeur("q")).split()[:6]:
            reponses = reponses.filter(structure__nom_recherche__contains=mot)
        return reponses
