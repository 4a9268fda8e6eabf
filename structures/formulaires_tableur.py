"""What a person says of a spreadsheet: its columns, its types, its list."""

from typing import Any

from django import forms

from socle.formulaires import FormulairePortail
from structures.imports.tableur.analyse import Analyse, Colonne
from structures.imports.tableur.champs import CHAMPS, cle_de_valeur
from structures.imports.tableur.plan import Plan
from structures.imports.tableur.proposition import Proposition, types_proposes
from structures.referentiel import choix_types

_GROUPES = (
    ("Ce qu’elle est", ("nom", "type", "organisme")),
    ("Où elle est", ("adresse", "code_postal", "ville", "code_commune", "lat", "lon", "point")),
    ("Ses numéros", ("siret", "finess", "uai", "safir", "siren", "cle")),
    ("La joindre", ("telephone", "courriel", "site_web", "contact_fonction")),
    ("Qui elle accueille", ("capacite", "publics")),
)
LAISSER = ("", "Laisser de côté")
HORS = ("", "Hors périmètre\u00a0: ne pas importer")


def _choix_champs() -> list[Any]:
    return [LAISSER, *((titre, [(slug, CHAMPS[slug].libelle) for slug in slugs]) for titre, slugs in _GROUPES)]


class FeuilleDuTableau(FormulairePortail, forms.Form):
    """Which sheet, and where its headers are."""

    feuille = forms.ChoiceField(label="Feuille", required=False)
    ligne_entete = forms.IntegerField(
        label="Ligne des en-têtes",
        required=False,
        min_value=1,
        max_value=1_048_576,
        help_text="Le numéro de la ligne qui porte les titres des colonnes, tel que votre tableur l’affiche.",
    )

    def __init__(self, *args: Any, feuilles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        feuille = self.fields["feuille"]
        assert isinstance(feuille, forms.ChoiceField)  # noqa: S101 (narrowing)
        feuille.choices = [(nom, nom) for nom in feuilles]
        if len(feuilles) < 2:
            del self.fields["feuille"]


class LectureDuTableau(FormulairePortail, forms.Form):
    """The whole mapping. `colonne_<rank>` for each column, `type_<rank>` for each value of the types."""

    liste = forms.CharField(
        label="Nom de cette liste",
        max_length=120,
        help_text="Par exemple\u00a0: Agences France Travail de Normandie. Gardez le même nom d’une année "
        "sur l’autre.",
    )
    type_constant = forms.ChoiceField(
        label="Toutes les structures du fichier sont du même type",
        required=False,
        help_text="Sert quand aucune colonne ne dit le type, ou quand sa case est vide.",
    )
    origine = forms.CharField(
        label="D’où vient cette liste",
        max_length=200,
        required=False,
        help_text="Par exemple\u00a0: référentiel des agences, reçu en juin 2026.",
    )
    complete = forms.BooleanField(
        label="Cette liste est complète",
        required=False,
        help_text="Les structures venues de cette liste et absentes du fichier seront proposées à la fermeture. "
        "Rien ne se ferme sans vous.",
    )

    def __init__(self, *args: Any, analyse: Analyse, proposition: Proposition, **kwargs: Any) -> None:
        plan = proposition.plan
        initial = {
            "liste": plan.liste,
            "type_constant": plan.type_constant,
            "origine": plan.origine,
            "complete": plan.complete,
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.analyse, self.propose = analyse, plan
        self._raisons = {} if proposition.connue else proposition.raisons
        constant = self.fields["type_constant"]
        assert isinstance(constant, forms.ChoiceField)  # noqa: S101 (narrowing)
        constant.choices = [("", "Non, une colonne le dit"), *choix_types()]
        for colonne in analyse.colonnes:
            self.fields[f"colonne_{colonne.rang}"] = forms.ChoiceField(
                label=f"Ce que dit la colonne «\u00a0{colonne.entete}\u00a0»",
                choices=_choix_champs(),
                required=False,
                initial=plan.colonnes.get(colonne.entete, ""),
            )
        self.types = self._valeurs_des_types()
        self._proposer_les_types()
        for rang, (_, valeur, _, type_) in enumerate(self.types):
            self.fields[f"type_{rang}"] = forms.ChoiceField(
                label=f"Ce que veut dire «\u00a0{valeur}\u00a0»",
                choices=[HORS, *choix_types()],
                required=False,
                initial=type_,
            )
        self._habiller()

    @property
    def types_de(self) -> str:
        """Rank of the column of types, kept in the page."""
        colonne = self.colonne_des_types()
        return "" if colonne is None else str(colonne.rang)

    def _proposer_les_types(self) -> None:
        """Another column holds the types: what was sent was about the former one."""
        if self.is_bound and self.data.get("types_de", "") != self.types_de:
            proposes = {f"type_{rang}": type_ for rang, (_, _, _, type_) in enumerate(self.types)}
            self.data = {**{nom: self.data[nom] for nom in self.data}, **proposes}

    def _habiller(self) -> None:
        """The fields made here get the same dress as the declared ones."""
        from socle.formulaires import habiller

        for champ in self.fields.values():
            habiller(champ)

    def _dit(self, nom: str, sinon: str) -> str:
        """What was sent for a field whose choices are not settled yet."""
        return str(self.data.get(nom, sinon)) if self.is_bound else sinon

    def colonne_des_types(self) -> Colonne | None:
        """The column that is said to hold the types, in what was sent or proposed."""
        for colonne in self.analyse.colonnes:
            if self._dit(f"colonne_{colonne.rang}", self.propose.colonnes.get(colonne.entete, "")) == "type":
                return colonne
        return None

    def _valeurs_des_types(self) -> list[tuple[str, str, int, str]]:
        """(key, value, number of lines, type proposed) for each value of the column of types."""
        colonne = self.colonne_des_types()
        if colonne is None or colonne.innombrables:
            return []
        devines = types_proposes(colonne)
        fois: dict[str, int] = {}
        for valeur, nombre in colonne.valeurs.items():
            fois[cle_de_valeur(valeur)] = fois.get(cle_de_valeur(valeur), 0) + nombre
        return [
            (cle, valeur, fois[cle], self.propose.types.get(cle, (valeur, type_))[1])
            for cle, (valeur, type_) in devines.items()
        ]

    def lignes_des_colonnes(self) -> list[tuple[Colonne, forms.BoundField, str]]:
        """(column, its field, what was proposed and why) in the order of the file."""
        lignes = []
        for colonne in self.analyse.colonnes:
            raison, propose = self._raisons.get(colonne.entete, ""), self.propose.colonnes.get(colonne.entete)
            mots = f"Proposé\u00a0: {CHAMPS[propose].libelle.lower()}, {raison}." if raison and propose else ""
            lignes.append((colonne, self[f"colonne_{colonne.rang}"], mots))
        return lignes

    def lignes_des_types(self) -> list[tuple[str, int, forms.BoundField, bool]]:
        """(value, number of lines, its field, whether nobody knows it)."""
        connus = {cle for cle, (_, type_) in self.propose.types.items() if type_}
        return [
            (valeur, nombre, self[f"type_{rang}"], not type_ and cle not in connus)
            for rang, (cle, valeur, nombre, type_) in enumerate(self.types)
        ]

    def clean_liste(self) -> str:
        """The name, its blanks put right."""
        return " ".join(str(self.cleaned_data["liste"]).split())

    def plan(self) -> Plan:
        """The plan that is said, whole or not (the values must have been cleaned)."""
        dites = self.cleaned_data
        colonnes = {c.entete: dites.get(f"colonne_{c.rang}", "") for c in self.analyse.colonnes}
        types = dict(self.propose.types) if not self.types else {}
        for rang, (cle, valeur, _, _) in enumerate(self.types):
            types[cle] = (valeur, dites.get(f"type_{rang}", ""))
        return Plan(
            liste=dites.get("liste", ""),
            forme=self.analyse.forme,
            feuille=self.analyse.feuille,
            ligne_entete=self.analyse.ligne_entete,
            colonnes={entete: champ for entete, champ in colonnes.items() if champ},
            types=types,
            type_constant=dites.get("type_constant", ""),
            complete=bool(dites.get("complete")),
            origine=dites.get("origine", ""),
        )

    def clean(self) -> dict[str, Any]:
        """Say what is missing at the top of the page; a column of types must have few values."""
        donnees = super().clean() or self.cleaned_data
        colonne = self.colonne_des_types()
        if colonne is not None and colonne.innombrables:
            self.add_error(
                f"colonne_{colonne.rang}",
                "Cette colonne a trop de valeurs différentes pour être celle des types.",
            )
        if "liste" in donnees:
            for manque in self.plan().manques():
                self.add_error(None, manque)
        return donnees


class RenommerListe(FormulairePortail, forms.Form):
    """Another name for a remembered list."""

    liste = forms.CharField(label="Nom de la liste", max_length=120)
