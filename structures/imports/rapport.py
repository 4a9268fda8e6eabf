"""The report of an import, in words, for the terminal."""

from collections.abc import Iterator
from typing import Any

from structures.models import Import
from structures.referentiel import TYPES

MONTREES = 20


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
    for rejet in _debut(journal.rejets):
        yield f"ligne {rejet['ligne']} rejetée ({rejet['finess'] or 'sans numéro'}) : {rejet['raison']}"
    yield from _reste(c["rejetees"], "lignes rejetées")
    for remarque in _debut(journal.remarques):
        yield f"à vérifier, ligne {remarque['ligne']} ({remarque['finess']}) : {remarque['remarque']}"
    yield from _reste(len(journal.remarques), "remarques")
    for modification in _debut(journal.modifications):
        champs = " ; ".join(f"{nom} « {avant} » → « {apres} »" for nom, avant, apres in modification["champs"])
        yield f"modifiée {modification['finess']} : {champs}"
    yield from _reste(c["modifiees"], "modifications")
    for ecart in _debut(journal.ecarts):
        champs = " ; ".join(f"{nom} « {ici} » (fichier : « {la} »)" for nom, ici, la in ecart["champs"])
        yield f"gardé, corrigé par la structure {ecart['finess']} : {champs}"
    for disparue in _debut(journal.disparues):
        yield f"absente du fichier : {disparue['finess']} {disparue['nom']}"
    yield from _reste(c["disparues"], "absentes du fichier")
    if journal.erreur:
        yield f"ERREUR : {journal.erreur}"


def _debut(liste: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return liste[:MONTREES]


def _reste(nombre: int, quoi: str) -> Iterator[str]:
    if nombre > MONTREES:
        yield f"… et {nombre - MONTREES} autres {quoi} (journal dans le portail : /structures/imports/)"
