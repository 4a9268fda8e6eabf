"""A list of structures that somebody brings: one per line, by a number or by the name."""

import re
from collections import defaultdict

from django.db.models import Q

from socle.recherche import normaliser
from structures.models import Structure

LIGNES_MAX = 2000
LOT = 400
# FINESS: 9 signs (Corsica writes 2A); SIRET: 14 digits; UAI: 7 digits and a letter.
_NUMERO = re.compile(r"[0-9][0-9AB][0-9]{7}|[0-9]{14}|[0-9]{7}[A-Z]")


def _numero(ligne: str) -> str:
    """The first cell of the line that is a number of ours, written without spaces; « » without one."""
    for cellule in re.split(r"[\t;,]", ligne):
        colle = re.sub(r"[\s.\-\u00a0\u202f]", "", cellule).upper()
        # A spreadsheet eats the zero that begins a number.
        for candidat in (colle, colle.zfill(9) if len(colle) == 8 else ""):
            if _NUMERO.fullmatch(candidat):
                return candidat
    return ""


def lignes_de(texte: str) -> list[str]:
    """The lines that hold something, each once."""
    return list(dict.fromkeys(ligne.strip() for ligne in texte.splitlines() if ligne.strip()))


def lire(texte: str) -> tuple[list[int], list[str]]:
    """(keys of the open structures named, lines that name none or several)."""
    lignes = lignes_de(texte)
    numeros = {ligne: _numero(ligne) for ligne in lignes}
    noms = {ligne: normaliser(re.split(r"[\t;]", ligne)[0]) for ligne in lignes if not numeros[ligne]}
    par_numero = _par_numero([numero for numero in numeros.values() if numero])
    par_nom = _par_nom([nom for nom in noms.values() if nom])
    trouvees: dict[int, None] = {}
    perdues = []
    for ligne in lignes:
        cles = par_numero.get(numeros[ligne], set()) if numeros[ligne] else par_nom.get(noms[ligne], set())
        if len(cles) == 1:
            trouvees[next(iter(cles))] = None
        else:
            perdues.append(ligne)
    return list(trouvees), perdues


def _par_numero(numeros: list[str]) -> dict[str, set[int]]:
    trouves: dict[str, set[int]] = defaultdict(set)
    for debut in range(0, len(numeros), LOT):
        lot = numeros[debut : debut + LOT]
        lues = Structure.objects.ouvertes().filter(Q(finess__in=lot) | Q(siret__in=lot) | Q(uai__in=lot))
        for pk, *siens in lues.values_list("pk", "finess", "siret", "uai"):
            for numero in siens:
                if numero:
                    trouves[numero].add(pk)
    return trouves


def _par_nom(noms: list[str]) -> dict[str, set[int]]:
    trouves: dict[str, set[int]] = defaultdict(set)
    for debut in range(0, len(noms), LOT):
        for pk, nom in (
            Structure.objects.ouvertes()
            .filter(nom_recherche__in=noms[debut : debut + LOT])
            .values_list("pk", "nom_recherche")
        ):
            trouves[nom].add(pk)
    return trouves
