"""Small counts of persons are never shown: 1 to 4 read « moins de 5 » (0 is shown).

Rule of the démarche (domaine.md, article 10 of the model agreement): results, readings and
aggregates of persons, wherever shown or exported. Volumes that a structure declares are not
results and are not masked.
"""

SEUIL = 5
MOINS_DE = "moins de 5"


def est_masque(effectif: int | None) -> bool:
    return effectif is not None and 0 < effectif < SEUIL


def masquer(effectif: int | None) -> str:
    """What may be written of a count of persons."""
    if effectif is None:
        return "—"
    return MOINS_DE if est_masque(effectif) else f"{effectif:,}".replace(",", "\u00a0")


def masquer_ventilation(effectifs: dict[str, int]) -> dict[str, str]:
    """A breakdown whose total is shown: one masked cell would be found by subtraction.

    When exactly one cell is masked, the smallest other non-null cell is masked too
    (« masqué »): a complement must not reveal it.
    """
    caches = [cle for cle, n in effectifs.items() if est_masque(n)]
    montre = {cle: masquer(n) for cle, n in effectifs.items()}
    if len(caches) == 1:
        autres = [(n, cle) for cle, n in effectifs.items() if n >= SEUIL]
        if autres:
            montre[min(autres)[1]] = "masqué"
    return montre
