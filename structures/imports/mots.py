"""The raw values of the journal, in words: names of fields, of communes, of types…"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.formats import date_format

from structures.models import LigneImport, Organisme, Public, Structure
from structures.referentiel import TYPES, choix_precisions
from structures.territoires.models import Commune

LIBELLES = {
    "nom": "nom", "type": "type", "precision": "nature", "finess": "numéro FINESS",
    "siret": "SIRET", "uai": "numéro UAI", "safir": "code SAFIR", "organisme_id": "organisme gestionnaire",
    "adresse": "adresse",
    "code_postal": "code postal", "commune_id": "commune", "lat": "position", "point_approche": "position approchée",
    "telephone": "téléphone", "courriel": "adresse électronique", "site_web": "site web",
    "contact_fonction": "service à contacter", "capacite": "capacité", "publics": "publics accueillis",
    "fermee_le": "fermeture", "alerte_commune": "alerte sur la commune",
    "source": "producteur", "description": "description", "thematiques": "thématiques",
    "modes_accueil": "modes d’accueil", "zone_eligibilite": "zone", "frais": "frais",
    "modes_mobilisation": "comment le demander", "mobilisable_par": "qui peut le demander", "lien": "lien",
    "date_maj": "mise à jour", "structure_id": "structure", "disparu_le": "absent depuis",
}  # fmt: skip


_CODES = {"type", "thematiques", "modes_accueil", "modes_mobilisation", "mobilisable_par", "frais"}


class Mots:
    """Says the fields of some lines, with three queries for all of them."""

    def __init__(self, lignes: Iterable[LigneImport]) -> None:
        self._lire([champ for ligne in lignes for champ in ligne.champs])

    @classmethod
    def pour(cls, champs: Iterable[list[Any]]) -> "Mots":
        """For fields that are not in lines."""
        mots = cls([])
        mots._lire(champs)
        return mots

    def _lire(self, champs: Iterable[list[Any]]) -> None:
        vus: dict[str, set[Any]] = {"commune_id": set(), "organisme_id": set(), "publics": set()}
        for champ, avant, apres in champs:
            for valeur in (avant, apres):
                if champ in vus and valeur:
                    vus[champ].update(valeur if isinstance(valeur, list | tuple) else [valeur])
        self._communes = dict(Commune.objects.filter(pk__in=vus["commune_id"]).values_list("pk", "nom"))
        numeros = [pk for pk in vus["organisme_id"] if isinstance(pk, int)]
        self._organismes = dict(Organisme.objects.filter(pk__in=numeros).values_list("pk", "nom")) if numeros else {}
        self._publics = (
            dict(Public.objects.filter(slug__in=vus["publics"]).values_list("slug", "libelle"))
            if vus["publics"]
            else {}
        )

    def champs(self, ligne: LigneImport) -> list[tuple[str, str, str]]:
        """(field, before, after) of a line, in words; the two halves of a point are one field."""
        return self.dire(ligne.champs)

    def dire(self, champs: Iterable[list[Any]]) -> list[tuple[str, str, str]]:
        """(field, before, after) in words."""
        lus = list(champs)
        avant, apres = {c: v for c, v, _ in lus}, {c: v for c, _, v in lus}
        return [
            (LIBELLES.get(champ, champ), self.mot(champ, avant), self.mot(champ, apres))
            for champ in apres
            if champ != "lon"
        ]

    def mot(self, champ: str, valeurs: dict[str, Any]) -> str:
        """One value in words."""
        valeur = valeurs[champ]
        if valeur is None or valeur in ("", []):
            return ""
        if isinstance(valeur, bool):
            return "oui" if valeur else "non"
        if champ == "lat":
            return (
                f"{_degres(valeur)}, {_degres(valeurs.get('lon'))}"
                if valeurs.get("lon") is not None
                else _degres(valeur)
            )
        if champ == "type" and valeur in TYPES:
            return TYPES[valeur].libelle
        if champ in _CODES or (champ == "publics" and not self._publics):
            return _du_schema(champ, valeur)
        if champ == "structure_id":
            return str(Structure.objects.filter(pk=valeur).values_list("nom", flat=True).first() or "")
        if champ == "publics":
            return ", ".join(self._publics.get(slug, slug) for slug in valeur)
        if isinstance(valeur, list):
            return ", ".join(map(str, valeur))
        if champ == "precision":
            return dict(choix_precisions()).get(valeur, str(valeur))
        if champ == "commune_id":
            return str(self._communes.get(valeur, valeur))
        if champ == "organisme_id":
            return str(self._organismes.get(valeur, valeur)).removeprefix("+")
        if champ == "fermee_le":
            return f"fermée le {date_format(date.fromisoformat(valeur), 'j F Y')}"
        return str(valeur)


def _du_schema(champ: str, valeur: Any) -> str:
    """Codes of data·inclusion, in words."""
    from structures.imports.schema_di import libelle

    return ", ".join(libelle(champ, code) for code in (valeur if isinstance(valeur, list) else [valeur]))


def _degres(valeur: float | None) -> str:
    return "" if valeur is None else f"{valeur:.5f}".replace(".", ",")
