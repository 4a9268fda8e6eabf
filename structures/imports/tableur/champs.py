"""What a column can hold, and the words that announce it."""

import json
from dataclasses import dataclass

from socle.recherche import normaliser
from structures.referentiel import DONNEES, TYPES


@dataclass(frozen=True)
class Champ:
    """One thing that a column can say; `plusieurs` when several columns may say it together."""

    slug: str
    libelle: str
    aide: str = ""
    plusieurs: bool = False


CHAMPS: dict[str, Champ] = {
    champ.slug: champ
    for champ in (
        Champ("nom", "Nom de la structure", "Plusieurs colonnes possibles\u00a0: elles sont mises bout à bout.", True),
        Champ("type", "Type de structure", "Chaque valeur est traduite plus bas."),
        Champ("adresse", "Adresse (rue)", "Plusieurs colonnes possibles\u00a0: elles sont mises bout à bout.", True),
        Champ("code_postal", "Code postal"),
        Champ("ville", "Ville"),
        Champ("code_commune", "Code Insee de la commune"),
        Champ("siret", "SIRET"),
        Champ("finess", "Numéro FINESS"),
        Champ("uai", "Numéro UAI"),
        Champ("safir", "Code SAFIR"),
        Champ("siren", "SIREN"),
        Champ("cle", "Identifiant dans la liste", "Sert à reconnaître la ligne la fois suivante.", True),
        Champ("organisme", "Organisme gestionnaire"),
        Champ("telephone", "Téléphone"),
        Champ("courriel", "Adresse électronique du service"),
        Champ("site_web", "Site web"),
        Champ("capacite", "Capacité ou file active"),
        Champ("publics", "Publics accueillis", "", True),
        Champ("contact_fonction", "Service ou fonction à contacter"),
        Champ("lat", "Latitude"),
        Champ("lon", "Longitude"),
        Champ("point", "Latitude et longitude ensemble"),
    )
}


def _lire(nom: str) -> dict[str, list[str]]:
    lu: dict[str, list[str]] = json.loads((DONNEES / f"{nom}.json").read_text(encoding="utf-8"))
    return lu


# Normalised header → field; the first field that claims a word keeps it.
SYNONYMES: dict[str, str] = {}
for _champ, _mots in _lire("colonnes_tableur").items():
    for _mot in _mots:
        SYNONYMES.setdefault(_mot, _champ)

_TYPES: dict[str, str] = {}
for _type, _mots in _lire("synonymes_types").items():
    for _mot in (*_mots, normaliser(_type), normaliser(TYPES[_type].libelle), normaliser(TYPES[_type].court)):
        _TYPES.setdefault(_mot, _type)


def champ_de_l_entete(entete: str) -> tuple[str, float]:
    """(field, confidence): 1 for a known header, less when known words are inside it, ("", 0) for none."""
    propre = normaliser(entete)
    if propre in SYNONYMES:
        return SYNONYMES[propre], 1.0
    mots = propre.split()
    for longueur in range(min(len(mots) - 1, 4), 0, -1):
        for debut in range(len(mots) - longueur + 1):
            morceau = " ".join(mots[debut : debut + longueur])
            if morceau in SYNONYMES and len(morceau) > 1:
                return SYNONYMES[morceau], 0.4 + 0.1 * longueur
    return "", 0.0


def cle_de_valeur(valeur: str) -> str:
    """Under which a value of the column « type » is remembered."""
    return normaliser(valeur)[:120]


def type_de(valeur: str) -> str:
    """Our type for a word of a list (« Association intermédiaire (AI) », « ML »…); empty when unsure."""
    dehors, _, reste = valeur.partition("(")
    dedans = reste.partition(")")[0]
    for essai in (valeur, dehors, dedans):
        propre = normaliser(essai)
        singulier = " ".join(mot[:-1] if len(mot) > 4 and mot.endswith("s") else mot for mot in propre.split())
        for mot in (propre, singulier):
            if mot in _TYPES:
                return _TYPES[mot]
    return ""


def type_en_tete(texte: str) -> str:
    """The type that a name or a file name begins with (« GEIQ BTP Normandie », « mission_locale_2026.csv »)."""
    mots = normaliser(texte).split()
    for longueur in range(min(len(mots), 8), 0, -1):
        morceau = " ".join(mots[:longueur])
        # Two letters (« EA », « CE », « AI ») begin too many names.
        if len(morceau) > 2 and morceau in _TYPES:
            return _TYPES[morceau]
    return ""
