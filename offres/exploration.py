"""What a reader of the lists sees first, and how free text is looked for."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Round

from offres.models import Service
from socle.recherche import normaliser
from structures.comptes.regles import poles_coordonnes
from structures.models import Structure
from structures.models.mots import disant, mots_de
from structures.regles import adhesions_de
from structures.territoires.models import Bassin, Pole

TEXTE_MAX, MOTS_MAX = 120, 8
# Free texts of a line: what its structure wrote.
TEXTES = ("service_autre", "description", "lieux", "materiel", "conditions")
# One letter, with the accents that French writes on it.
_ACCENTS = {
    "a": "[aàâäáAÀÂÄÁ]",
    "c": "[cçCÇ]",
    "e": "[eéèêëEÉÈÊË]",
    "i": "[iîïIÎÏ]",
    "o": "[oôöOÔÖ]",
    "u": "[uùûüUÙÛÜ]",
}


def bassins_du_lecteur(personne: Any) -> list[str]:
    """Codes of the bassins of their structures, else of the pôles that they coordinate (one query)."""
    siennes = list(adhesions_de(personne))
    if siennes:
        codes = Structure.objects.filter(pk__in=siennes, commune__bassin__isnull=False)
        return sorted(set(codes.order_by().values_list("commune__bassin_id", flat=True)))
    poles = poles_coordonnes(personne)
    if not poles:
        return []
    communes = Pole.communes.through.objects.filter(pole__in=poles).values("commune")
    return list(
        Bassin.objects.filter(communes__in=communes).distinct().order_by("code").values_list("code", flat=True)
    )


def avec_rang(lignes: QuerySet[Any], bassins: Sequence[str]) -> QuerySet[Any]:
    """With `rang`: 0 in one of these bassins, 1 elsewhere."""
    classees: QuerySet[Any] = lignes.annotate(
        rang=Case(
            When(structure__commune__bassin__in=bassins, then=Value(0)), default=Value(1), output_field=IntegerField()
        )
    )
    return classees


def avec_metres(lignes: QuerySet[Any]) -> QuerySet[Any]:
    """With `rang`: metres to the commune asked for, of offers read with `couvrant`; a whole number, for the keys."""
    situees: QuerySet[Any] = lignes.annotate(rang=Cast(Round(F("distance_km") * Value(1000.0)), IntegerField()))
    return situees


def motif(mot: str) -> str:
    """A regular expression of both databases: the word, with or without its accents, at the beginning of a word.

    `mot` is normalised (a–z, 0–9): nothing in it means something to the databases.

    >>> motif("un")
    '(^|[^a-zà-ÿA-ZÀ-ß0-9])[uùûüUÙÛÜ][nN]'
    """
    ligature = f"(œ|Œ|{_lettres('oe')})"
    return "(^|[^a-zà-ÿA-ZÀ-ß0-9])" + ligature.join(_lettres(morceau) for morceau in mot.split("oe"))


def _lettres(morceau: str) -> str:
    return "".join(_ACCENTS.get(c, f"[{c}{c.upper()}]" if c.isalpha() else c) for c in morceau)


def chercher(lignes: QuerySet[Any], texte: str) -> QuerySet[Any]:
    """The lines that say every word: their service, what they write, or who writes it."""
    mots = normaliser(texte[:TEXTE_MAX]).split()[:MOTS_MAX]
    utiles = [mot for mot in mots if mots_de(mot)]
    if not utiles:
        return lignes.none() if texte.strip() and not mots else lignes
    services = [
        (pk, f" {normaliser(f'{libelle} {definition}')} ")
        for pk, libelle, definition in Service.objects.values_list("pk", "libelle", "definition")
    ]
    for mot in utiles:
        dit = Q(service__in=[pk for pk, connu in services if f" {mot}" in connu])
        dit |= Q(structure__in=Structure.objects.filter(disant(mot)).values("pk"))
        for champ in TEXTES:
            dit |= Q(**{f"{champ}__regex": motif(mot)})
        lignes = lignes.filter(dit)
    return lignes
