"""Reading a list of people to invite: a spreadsheet, a CSV, or text pasted from one."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from socle.recherche import normaliser
from structures.identifiants import GENRES, normaliser_numero
from structures.imports.fiche import FichierIllisible
from structures.imports.tableur.fichier import format_du_tableau, rangees
from structures.imports.tableur.rangees import Rangee
from structures.models import Adhesion

LIGNES_MAX = 5_000
# Longer is no name: trying where a town could begin in a cell of 30,000 signs takes minutes.
CELLULE_LUE = 300  # characters
COUPES_MAX = 6
# What people write at the head of a column, normalised → ours. The order is that of a list without heads.
COLONNES: dict[str, tuple[str, ...]] = {
    "email": ("email", "e mail", "mail", "courriel", "adresse electronique", "adresse mail", "adresse email",
              "adresse e mail", "adresse courriel"),
    "structure": ("structure", "etablissement", "nom de la structure", "nom structure", "organisme", "raison sociale",
                  "denomination", "nom etablissement", "nom de l etablissement"),
    "ville": ("ville", "commune", "localite"),
    "code_postal": ("code postal", "cp", "codepostal"),
    "finess": ("finess", "numero finess", "n finess", "finess geographique"),
    "siret": ("siret", "numero siret", "n siret"),
    "uai": ("uai", "numero uai", "code uai", "rne"),
    "role": ("role", "profil", "droit", "droits"),
    "nom": ("nom", "nom prenom", "prenom nom", "prenom et nom", "nom et prenom", "personne", "contact", "nom complet"),
    "prenom": ("prenom",),
}  # fmt: skip
SANS_ENTETES = ("email", "structure", "role", "nom")
_ENTETES = {mots: colonne for colonne, possibles in COLONNES.items() for mots in possibles}
ROLES = {
    Adhesion.Role.DIRECTION.value: (
        "direction", "directeur", "directrice", "dir", "responsable", "direction de la structure", "chef", "cheffe",
        "directeur trice",
    ),
    Adhesion.Role.MEMBRE.value: (
        "membre", "equipe", "membre de l equipe", "professionnel", "professionnelle", "salarie", "salariee", "agent",
    ),
}  # fmt: skip
_ROLES = {mot: role for role, mots in ROLES.items() for mot in mots}
_VILLE_ENTRE_PARENTHESES = re.compile(r"^(?P<nom>.+?)\s*\((?P<ville>[^()]+)\)\s*$")
_CODE_ET_VILLE = re.compile(r"^(?P<nom>.+?)[\s,–-]+(?P<code>\d{5})\s+(?P<ville>\D+)$")
_SEPARES = re.compile(r"\s*,\s*|\s+[–—-]\s+")


@dataclass(frozen=True)
class LigneLue:
    """One line as it was understood; `numero` is the line of the person's own file."""

    numero: int
    email: str = ""
    nom: str = ""
    role: str = ""
    structure: str = ""
    ville: str = ""
    code_postal: str = ""
    finess: str = ""
    siret: str = ""
    uai: str = ""
    defaut: str = ""

    @property
    def texte(self) -> str:
        """The cells that name the structure, to show them again."""
        lieu = " ".join(m for m in (self.code_postal, self.ville) if m)
        return ", ".join(m for m in (self.finess or self.siret or self.uai, self.structure, lieu) if m)[:300]

    @property
    def numeros(self) -> dict[str, str]:
        """The numbers written in their columns, or alone in the cell of the structure."""
        ecrits = {"finess": self.finess, "siret": self.siret, "uai": self.uai}
        trouves = {genre: normaliser_numero(valeur) for genre, valeur in ecrits.items() if valeur}
        seul = normaliser_numero(self.structure)
        for genre in ("finess", "siret", "uai"):
            if GENRES[genre].forme.fullmatch(seul):
                trouves.setdefault(genre, seul)
        if "siret" in trouves and trouves["siret"].isdigit():
            # A spreadsheet takes it for a number, and drops its leading zeros.
            trouves["siret"] = trouves["siret"].zfill(14)
        return trouves

    def lectures(self) -> Iterator[tuple[str, str]]:
        """(name, town) as the cells may be read, the most literal first; no town: ''."""
        yield self.structure, self.ville
        if self.ville:
            return
        for motif in (_VILLE_ENTRE_PARENTHESES, _CODE_ET_VILLE):
            if trouve := motif.match(self.structure):
                yield trouve["nom"], trouve["ville"]
        morceaux = _SEPARES.split(self.structure)
        for coupe in range(len(morceaux) - 1, 0, -1)[:COUPES_MAX]:
            yield " ".join(morceaux[:coupe]), " ".join(morceaux[coupe:])


def role_ecrit(texte: str) -> str | None:
    """The role that these words name: '' when nothing is written, None when they name none."""
    mots = normaliser(texte)
    return "" if not mots else _ROLES.get(mots)


def lire_texte(texte: str) -> list[LigneLue]:
    """Lines pasted from a spreadsheet or typed. Raises FichierIllisible."""
    with tempfile.TemporaryDirectory(prefix="pcti-liste-") as dossier:
        chemin = Path(dossier) / "colle.csv"
        chemin.write_text(texte, encoding="utf-8")
        return lire(chemin)


def lire(chemin: Path) -> list[LigneLue]:
    """The lines of a file of any form. Raises FichierIllisible, in words, beyond LIGNES_MAX too."""
    lues: list[LigneLue] = []
    colonnes: dict[str, int] | None = None
    for rangee in rangees(chemin, format_du_tableau(chemin)):
        if colonnes is None:
            colonnes = _entetes(rangee)
            if colonnes:
                continue
            colonnes = _devinees(rangee)
        if len(lues) >= LIGNES_MAX:
            raise FichierIllisible(
                f"Cette liste dépasse {LIGNES_MAX:,} lignes\u00a0: coupez-la en plusieurs.".replace(",", "\u00a0")
            )
        lues.append(_ligne(rangee, colonnes))
    if not lues:
        raise FichierIllisible("Cette liste ne contient aucune ligne.")
    return lues


def _entetes(rangee: Rangee) -> dict[str, int]:
    """The columns that the first line names; nothing when it is a line like the others."""
    if any("@" in cellule for cellule in rangee.cellules):
        return {}
    trouvees: dict[str, int] = {}
    for rang, cellule in enumerate(rangee.cellules):
        colonne = _ENTETES.get(normaliser(cellule))
        if colonne is not None:
            trouvees.setdefault(colonne, rang)
    if not trouvees:
        return {}
    if "email" not in trouvees:
        raise FichierIllisible(
            "Aucune colonne ne s’appelle «\u00a0courriel\u00a0» ou «\u00a0e-mail\u00a0»\u00a0: nommez-la sur la "
            "première ligne."
        )
    return trouvees


def _devinees(rangee: Rangee) -> dict[str, int]:
    """Without heads: the address where it is, then structure, role and name in the order left."""
    adresse = next((rang for rang, cellule in enumerate(rangee.cellules) if "@" in cellule), 0)
    autres = [rang for rang in range(max(len(rangee.cellules), len(SANS_ENTETES))) if rang != adresse]
    return {"email": adresse, **dict(zip(SANS_ENTETES[1:], autres, strict=False))}


def _ligne(rangee: Rangee, colonnes: dict[str, int]) -> LigneLue:
    valeurs = {nom: " ".join(rangee.cellule(rang)[:CELLULE_LUE].split()) for nom, rang in colonnes.items()}
    prenom = valeurs.pop("prenom", "")
    email = valeurs.pop("email", "").removeprefix("mailto:").strip("<>;, ").lower()
    nom = f"{prenom} {valeurs.pop('nom', '')}".strip()[:120]
    return LigneLue(rangee.numero, email=email, nom=nom, defaut=rangee.defaut, **valeurs)
