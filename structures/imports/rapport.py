"""The report of an import, in words, for the terminal."""

from collections.abc import Iterator

from structures.imports.mots import Mots
from structures.models import Import, LigneImport
from structures.referentiel import TYPES

MONTREES = 20
_DIT = {
    LigneImport.Action.REJETEE: "rejetée",
    LigneImport.Action.REMARQUE: "à vérifier",
    LigneImport.Action.MODIFIEE: "modifiée",
    LigneImport.Action.ECART: "gardé, corrigé par la structure",
    LigneImport.Action.DISPARUE: "absente du fichier",
}


def lignes_du_rapport(journal: Import) -> Iterator[str]:
    """The lines to print, most important first."""
    c = journal.compteurs
    if journal.essai:
        yield "Essai : rien n’a été écrit."
    yield f"{journal.fichier} : {journal.get_genre_display()}"
    yield (
        f"{c['importees']} importées : {c['creees']} créées, {c['modifiees']} modifiées, "
        f"{c['inchangees']} inchangées ; {c['disparues']} disparues"
    )
    yield f"{c['hors_perimetre']} hors périmètre, {c['hors_territoire']} hors territoire, {c['rejetees']} rejetées"
    types = sorted(c.get("types", {}).items(), key=lambda paire: -paire[1])
    if types:
        yield "par type : " + ", ".join(f"{TYPES[slug].court} {nombre}" for slug, nombre in types)
    if c["fermees"]:
        yield f"{c['fermees']} fermées dans le fichier et inconnues ici : laissées de côté"
    yield from _du_journal(journal, LigneImport.Action.REJETEE, c["rejetees"], "lignes rejetées")
    yield from _du_journal(journal, LigneImport.Action.REMARQUE, c["remarques"], "remarques")
    yield from _du_journal(journal, LigneImport.Action.MODIFIEE, c["modifiees"], "modifications")
    yield from _du_journal(journal, LigneImport.Action.ECART, c["ecarts"], "corrections gardées")
    yield from _du_journal(journal, LigneImport.Action.DISPARUE, c["disparues"], "absentes du fichier")
    if journal.erreur:
        yield f"ERREUR : {journal.erreur}"


def _du_journal(journal: Import, action: LigneImport.Action, nombre: int, quoi: str) -> Iterator[str]:
    """The first lines of this kind, then how many there are besides."""
    lignes = list(journal.lignes.filter(action=action)[:MONTREES])
    mots = Mots(lignes)
    for ligne in lignes:
        champs = " ; ".join(f"{nom} « {avant} » → « {apres} »" for nom, avant, apres in mots.champs(ligne))
        ou = f"ligne {ligne.numero} " if ligne.numero else ""
        suite = ligne.raison or champs
        yield f"{ou}{_DIT[action]} ({ligne.numero_cle or 'sans numéro'}) {ligne.nom}{f' : {suite}' if suite else ''}"
    if nombre > MONTREES:
        yield f"… et {nombre - MONTREES} autres {quoi} (journal dans le portail : /structures/imports/)"
