"""The forms of a sheet: one per part corrected in place, one for a new sheet. Errors are said at the field."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms

from socle.formulaires import FormulairePortail
from structures.comptes.models import Utilisateur
from structures.identifiants import GENRES, defaut, normaliser_numero
from structures.models import Public, Structure
from structures.referentiel import FAMILLES, PRECISIONS, TYPES
from structures.regles import adhesions_de
from structures.territoires.geometrie import distance_km
from structures.territoires.models import Commune
from structures.territoires.noms import normaliser_nom, sans_cedex

if TYPE_CHECKING:
    ModeleStructure = forms.ModelForm[Structure]
else:
    ModeleStructure = forms.ModelForm

NUMEROS = ("finess", "siret", "uai", "safir")
# Families whose structures have this number; elsewhere the field would only puzzle.
FAMILLES_DU_NUMERO = {
    "finess": ("medico-social-enfants", "medico-social-adultes"),
    "uai": ("education",),
    "safir": ("emploi",),
}
# A typed point further than this from the middle of its commune is a mistake (the widest ones span 30 km).
ECART_MAX_KM = 30


class FormulaireSection(FormulairePortail, ModeleStructure):
    """A part of the sheet, for those who keep it."""

    def __init__(self, *args: Any, par: Utilisateur, **kwargs: Any) -> None:
        self.par = par
        super().__init__(*args, **kwargs)
        self.preparer()

    def preparer(self) -> None:
        """What depends on the structure and on who looks."""

    def corrections(self) -> dict[str, Any]:
        """The values for `operations.corriger`."""
        return {nom: self.cleaned_data[nom] for nom in self._meta.fields or () if nom in self.cleaned_data}


# --- numbers ---------------------------------------------------------------------------------


def champ_numero(genre: str, aide: str = "") -> forms.CharField:
    """Wider than the number: people type it with blanks."""
    regle = GENRES[genre]
    libelle = regle.nom[0].upper() + regle.nom[1:]
    attendu = f"{regle.attendu[0].upper()}{regle.attendu[1:]}."
    return forms.CharField(label=libelle, max_length=24, required=False, help_text=f"{attendu} {aide}".strip())


def verifier_numeros(formulaire: forms.BaseForm, noms: Iterable[str], existante: Structure | None = None) -> None:
    """Check shape, key, and that no other structure holds it (a SIRET may be shared). Errors at the field."""
    for nom in noms:
        if nom not in formulaire.cleaned_data:
            continue
        numero = normaliser_numero(str(formulaire.cleaned_data[nom] or ""))
        formulaire.cleaned_data[nom] = numero or (None if nom != "siret" else "")
        inchange = existante is not None and numero == (getattr(existante, nom) or "")
        if not numero or inchange:
            continue
        if raison := defaut(nom, numero):
            formulaire.add_error(nom, raison)
        elif nom != "siret" and (autre := _porteuse(nom, numero, existante)):
            formulaire.add_error(nom, f"Ce numéro est déjà celui de «\u00a0{autre}\u00a0» ({autre.commune.nom}).")


def _porteuse(nom: str, numero: str, existante: Structure | None) -> Structure | None:
    autres = Structure.objects.filter(**{nom: numero}).select_related("commune")
    if existante is not None:
        autres = autres.exclude(pk=existante.pk)
    return autres.first()


def verifier_precision(formulaire: forms.BaseForm) -> None:
    """The nature belongs to its type: that of another type is forgotten."""
    type_, precision = formulaire.cleaned_data.get("type", ""), formulaire.cleaned_data.get("precision", "")
    if precision and precision not in PRECISIONS.get(str(type_), {}):
        formulaire.cleaned_data["precision"] = ""


class FormulaireIdentite(FormulaireSection):
    """Name, type and numbers. A key of the national lists, once known, is changed by the coordination only."""

    finess, siret, uai, safir = (champ_numero(genre) for genre in NUMEROS)

    class Meta:
        model = Structure
        fields = ("nom", "type", "precision", *NUMEROS)
        help_texts = {"precision": "Pour une ULIS\u00a0: le genre d’établissement."}  # noqa: RUF012

    def preparer(self) -> None:
        famille = self.instance.famille.slug
        membre = self.instance.pk in adhesions_de(self.par)
        for nom, familles in FAMILLES_DU_NUMERO.items():
            connu = bool(getattr(self.instance, nom))
            if (connu and membre) or (not connu and famille not in familles):
                del self.fields[nom]
        if self.instance.type not in PRECISIONS and famille != "education":
            del self.fields["precision"]

    def clean(self) -> dict[str, Any]:
        super().clean()
        existante = Structure.objects.get(pk=self.instance.pk)
        verifier_numeros(self, NUMEROS, existante)
        verifier_precision(self)
        return self.cleaned_data

    def _get_validation_exclusions(self) -> set[str]:
        # `verifier_numeros` has already said it in our words, and leaves alone a number that did not change.
        return super()._get_validation_exclusions() | set(NUMEROS)  # type: ignore[misc, no-any-return]


# --- place -----------------------------------------------------------------------------------


def trouver_commune(formulaire: forms.BaseForm, code: str, ville: str, actuelle: Commune | None = None) -> None:
    """Resolve (postal code, town) into `cleaned_data["commune"]`; says at the field what is possible."""
    voulue = sans_cedex(normaliser_nom(ville))
    if actuelle is not None and voulue == actuelle.nom_recherche and code == formulaire.initial.get("code_postal"):
        formulaire.cleaned_data["commune"] = actuelle
        return
    possibles = list(Commune.objects.avec_code_postal(code).select_related("bassin"))
    # The postal code of a CEDEX belongs to no commune: the name decides if it is alone.
    candidates = possibles or list(
        Commune.objects.filter(nom_recherche=voulue, departement_id__in=[code[:2], code[:3]]).select_related("bassin")
    )
    exactes = [commune for commune in candidates if commune.nom_recherche == voulue]
    if len(exactes) == 1 or (exactes and possibles):
        formulaire.cleaned_data["commune"] = exactes[0]
    elif possibles:
        noms = ", ".join(commune.nom for commune in possibles[:12])
        formulaire.add_error("ville", f"Au code postal {code} correspondent\u00a0: {noms}. Écrivez l’un de ces noms.")
    else:
        formulaire.add_error("code_postal", f"Aucune commune connue n’a le code postal {code}.")


class FormulaireLieu(FormulaireSection):
    """Address, town, and the point on the map."""

    GARDER, CENTRE, COORDONNEES = "garder", "centre", "coordonnees"

    ville = forms.CharField(label="Commune", max_length=100)
    placer = forms.ChoiceField(
        label="Point sur la carte",
        choices=[
            (GARDER, "Garder le point actuel"),
            (CENTRE, "Au centre de la commune"),
            (COORDONNEES, "Aux coordonnées écrites ci-dessous"),
        ],
        initial=GARDER,
        widget=forms.RadioSelect,
        help_text="Si la commune change, le point va au centre de la nouvelle, sauf coordonnées précises.",
    )
    latitude = forms.CharField(
        label="Latitude",
        required=False,
        max_length=20,
        help_text="En degrés, par exemple 49,0241.",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    longitude = forms.CharField(
        label="Longitude",
        required=False,
        max_length=20,
        help_text="En degrés, par exemple 1,1508 (négative à l’ouest de Greenwich).",
    )

    class Meta:
        model = Structure
        fields = ("adresse", "code_postal")

    field_order = ("adresse", "code_postal", "ville", "placer", "latitude", "longitude")

    def preparer(self) -> None:
        self.fields["ville"].initial = self.instance.commune.nom
        self.fields["code_postal"].required = True
        for nom, valeur in (("latitude", self.instance.lat), ("longitude", self.instance.lon)):
            # Asked for with the third choice only: « facultatif » would mislead.
            self.fields[nom].pcti_attendu = True  # type: ignore[attr-defined]
            self.fields[nom].initial = "" if valeur is None else f"{valeur:.5f}".replace(".", ",")

    def clean(self) -> dict[str, Any]:
        super().clean()
        donnees = self.cleaned_data
        code, ville = donnees.get("code_postal"), donnees.get("ville")
        if code and ville:
            trouver_commune(self, str(code), str(ville), self.instance.commune)
        if donnees.get("placer") == self.COORDONNEES:
            self._lire_le_point()
        return donnees

    def _lire_le_point(self) -> None:
        for nom, borne in (("latitude", 90), ("longitude", 180)):
            brut = str(self.cleaned_data.get(nom) or "").strip().replace(",", ".").replace("−", "-").rstrip("°")
            if not re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", brut) or abs(float(brut)) > borne:
                self.add_error(nom, "Écrivez un nombre de degrés, par exemple 49,0241.")
                return
            self.cleaned_data[nom] = float(brut)
        commune = self.cleaned_data.get("commune")
        if commune is None:
            return
        ecart = distance_km(self.cleaned_data["latitude"], self.cleaned_data["longitude"], commune.lat, commune.lon)
        if ecart > ECART_MAX_KM:
            self.add_error(
                "latitude",
                f"Ce point est à {round(ecart)}\u00a0km du centre de {commune.nom}\u00a0: "
                "la latitude et la longitude sont peut-être inversées.",
            )

    def corrections(self) -> dict[str, Any]:
        valeurs = {**super().corrections(), "commune": self.cleaned_data["commune"]}
        commune, placer = valeurs["commune"], self.cleaned_data["placer"]
        if placer == self.COORDONNEES:
            valeurs |= {
                "lat": self.cleaned_data["latitude"],
                "lon": self.cleaned_data["longitude"],
                "point_approche": False,
            }
        elif placer == self.CENTRE:
            valeurs |= {"lat": commune.lat, "lon": commune.lon, "point_approche": True}
        return valeurs


# --- contact ---------------------------------------------------------------------------------


def ecrire_telephone(brut: str) -> str | None:
    """« 0232000000 » → « 02 32 00 00 00 »; short national numbers as they are; None when it is no number."""
    chiffres = re.sub(r"[\s.\-/()]", "", brut)
    if re.fullmatch(r"0\d{9}", chiffres):
        return " ".join(chiffres[i : i + 2] for i in range(0, 10, 2))
    if re.fullmatch(r"\+33\d{9}", chiffres):
        return ecrire_telephone("0" + chiffres[3:])
    if re.fullmatch(r"\d{3,6}|\+\d{8,15}", chiffres):
        return chiffres
    return None


class FormulaireContact(FormulaireSection):
    """A function and a service address first; a person's name only if they agree."""

    site_web = forms.URLField(
        label="Site web",
        required=False,
        assume_scheme="https",
        help_text="Adresse complète, par exemple https://www.exemple.fr",
    )

    class Meta:
        model = Structure
        fields = (
            "contact_fonction", "telephone", "courriel", "site_web", "contact_nom", "contact_personne",
            "contact_nom_public",
        )  # fmt: skip
        labels = {  # noqa: RUF012
            "contact_fonction": "Service ou fonction à contacter",
            "courriel": "Adresse électronique du service",
            "contact_nom": "Nom d’une personne",
            "contact_personne": "Son compte sur le portail",
            "contact_nom_public": "Cette personne accepte que les partenaires connectés lisent son nom",
        }
        help_texts = {  # noqa: RUF012
            "contact_fonction": "Par exemple\u00a0: service insertion, secrétariat. Visible de tous.",
            "courriel": "Une adresse de service plutôt que celle d’une personne. Visible de tous.",
            "contact_nom": "Seulement si c’est utile. Les visiteurs ne le voient jamais.",
            "contact_personne": "Si elle est de votre équipe\u00a0: elle pourra retirer son nom elle-même.",
            "contact_nom_public": "Nous gardons la date et qui a noté cet accord. Sans lui, seule votre équipe "
            "et la coordination lisent ce nom.",
        }
        widgets = {"telephone": forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})}  # noqa: RUF012

    def preparer(self) -> None:
        personnes = self.fields["contact_personne"]
        assert isinstance(personnes, forms.ModelChoiceField)  # noqa: S101 (narrowing)
        personnes.empty_label = "Aucun, ou je ne sais pas"
        personnes.queryset = Utilisateur.objects.filter(
            adhesions__structure=self.instance, adhesions__fin__isnull=True, is_active=True
        ).order_by("nom", "prenom")
        # An agreement that nobody noted is no agreement.
        self.initial["contact_nom_public"] = bool(self.instance.contact_montrable)

    def clean_telephone(self) -> str:
        """Ten digits by pairs."""
        brut = str(self.cleaned_data["telephone"] or "").strip()
        ecrit = ecrire_telephone(brut) if brut else ""
        if ecrit is None:
            raise forms.ValidationError("Un numéro de téléphone compte dix chiffres, par exemple 02 32 00 00 00.")
        return ecrit

    def clean(self) -> dict[str, Any]:
        super().clean()
        donnees = self.cleaned_data
        personne = donnees.get("contact_personne")
        if personne is not None and not donnees.get("contact_nom"):
            donnees["contact_nom"] = personne.nom_complet
        if donnees.get("contact_nom_public") and not donnees.get("contact_nom"):
            self.add_error("contact_nom", "Écrivez le nom de la personne qui a donné son accord, ou décochez la case.")
        return donnees


# --- publics ---------------------------------------------------------------------------------


class FormulaireAccueil(FormulaireSection):
    """Whom the structure welcomes, and how many."""

    class Meta:
        model = Structure
        fields = ("capacite", "publics")
        widgets = {"publics": forms.CheckboxSelectMultiple}  # noqa: RUF012
        labels = {"capacite": "Capacité"}  # noqa: RUF012
        help_texts = {"capacite": "Nombre de places, ou de personnes accompagnées dans l’année."}  # noqa: RUF012

    def preparer(self) -> None:
        publics = self.fields["publics"]
        assert isinstance(publics, forms.ModelMultipleChoiceField)  # noqa: S101 (narrowing)
        publics.queryset = Public.objects.actifs()


# Key of a section → its form.
FORMULAIRES: dict[str, type[FormulaireSection]] = {
    "contact": FormulaireContact,
    "lieu": FormulaireLieu,
    "accueil": FormulaireAccueil,
    "identite": FormulaireIdentite,
}


# --- a new sheet -----------------------------------------------------------------------------


class NouvelleStructure(FormulairePortail, forms.Form):
    """What is needed to open a sheet; its people complete it."""

    nom = forms.CharField(label="Nom", max_length=200)
    type = forms.ChoiceField(label="Type")
    adresse = forms.CharField(label="Adresse", max_length=250, required=False)
    code_postal = forms.RegexField(
        r"^\d{5}$",
        label="Code postal",
        max_length=5,
        error_messages={"invalid": "Un code postal compte cinq chiffres."},
    )
    ville = forms.CharField(label="Commune", max_length=100)
    siret = champ_numero("siret")
    finess = champ_numero("finess", "Pour un établissement ou un service médico-social.")
    uai = champ_numero("uai", "Pour un établissement scolaire.")
    safir = champ_numero("safir", "Pour une agence France Travail.")
    contact_fonction = forms.CharField(label="Service ou fonction à contacter", max_length=120, required=False)
    telephone = forms.CharField(label="Téléphone", max_length=20, required=False)
    courriel = forms.EmailField(label="Adresse électronique du service", required=False)
    # The doubles that the person saw and set aside, by their identifiers.
    vues = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        type_ = self.fields["type"]
        assert isinstance(type_, forms.ChoiceField)  # noqa: S101 (narrowing)
        type_.choices = [("", "Choisir un type"), *choix_par_famille()]

    def clean_telephone(self) -> str:
        """Ten digits by pairs."""
        brut = str(self.cleaned_data["telephone"] or "").strip()
        ecrit = ecrire_telephone(brut) if brut else ""
        if ecrit is None:
            raise forms.ValidationError("Un numéro de téléphone compte dix chiffres, par exemple 02 32 00 00 00.")
        return ecrit

    def clean(self) -> dict[str, Any]:
        super().clean()
        donnees = self.cleaned_data
        if donnees.get("code_postal") and donnees.get("ville"):
            trouver_commune(self, donnees["code_postal"], donnees["ville"])
        verifier_numeros(self, NUMEROS)
        return donnees

    def structure(self) -> Structure:
        """The structure as typed, not saved."""
        champs = {nom: valeur for nom, valeur in self.cleaned_data.items() if nom not in ("ville", "vues")}
        return Structure(source=Structure.Source.SAISIE, **champs)


def choix_par_famille() -> list[tuple[str, list[tuple[str, str]]]]:
    """The types by family, the families without a type left out."""
    groupes = [
        (f.libelle, [(t.slug, t.libelle) for t in TYPES.values() if t.famille == f.slug]) for f in FAMILLES.values()
    ]
    return [(libelle, types) for libelle, types in groupes if types]
