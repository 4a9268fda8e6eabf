"""What a reader of the lists sees first, and how free text is looked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, IntegerField, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, Round
from django.db.models.lookups import IContains

from offres.models import Service
from socle.recherche import normaliser
from structures.comptes.regles import poles_coordonnes
from structures.models import Structure
from structures.models.mots import disant, mots_de
from structures.regles import adhesions_de
from structures.territoires.models import Bassin, Pole

TEXTE_MAX, MOTS_MAX = 120, 8
# The value and the words of the filter of bassins for `hors_des_bassins`.
HORS_BASSINS, HORS_DES_BASSINS = "hors", "Hors des bassins de la région"
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


@dataclass(frozen=True)
class ChezSoi:
    """The bassins where a reader works, and how a heading names them."""

    bassins: tuple[str, ...] = ()
    titre: str = ""


def chez(personne: Any) -> ChezSoi:
    """The bassins of their structures, else those of the pôles that they coordinate (one query)."""
    siennes = list(adhesions_de(personne))
    if siennes:
        situees = Structure.objects.filter(pk__in=siennes, commune__bassin__isnull=False)
        codes = sorted(set(situees.order_by().values_list("commune__bassin_id", flat=True)))
        return ChezSoi(tuple(codes), "Dans vos bassins" if len(codes) > 1 else "Dans votre bassin")
    poles = poles_coordonnes(personne)
    if not poles:
        return ChezSoi()
    bassins = Bassin.objects.filter(communes__in=du_perimetre(poles)).distinct().order_by("code")
    titre = "Dans les bassins de vos pôles" if len(poles) > 1 else "Dans les bassins de votre pôle"
    return ChezSoi(tuple(bassins.values_list("code", flat=True)), titre)


def du_perimetre(poles: Iterable[int]) -> QuerySet[Any]:
    """The codes of the communes of these pôles, for a subquery."""
    return Pole.communes.through.objects.filter(pole__in=poles).values("commune")


def hors_des_bassins() -> Q:
    """Lines whose structure stands in no bassin of the région: what no column of the table holds."""
    dedans = Bassin.objects.de_la_region().order_by().values("pk")
    return Q(structure__commune__bassin__isnull=True) | ~Q(structure__commune__bassin__in=dedans)


def dans_les_bassins(lignes: QuerySet[Any], bassins: Sequence[str], *, oui: bool) -> QuerySet[Any]:
    """Those of structures of these bassins, or all the others."""
    dedans = Q(structure__commune__bassin__in=bassins)
    return lignes.filter(dedans) if oui else lignes.exclude(dedans)


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


def silhouette(mot: str) -> str:
    """The word with any sign for each letter that may wear an accent: more than `motif` finds, and much quicker.

    >>> silhouette("metier")
    'm_t__r'
    """
    return "%".join("".join("_" if c in _ACCENTS else c for c in morceau) for morceau in mot.split("oe"))


class Ressemble(IContains):
    """`icontains` of a pattern whose « _ » and « % » keep their meaning."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        gabarit, parametres = super().process_rhs(compiler, connection)
        return gabarit, [str(p).replace("\\_", "_").replace("\\%", "%") for p in parametres]


# Under a name of its own; the databases keep the operator of `icontains`.
TextField.register_lookup(Ressemble, "ressemble")


def _espaces(champs: Sequence[str]) -> list[Any]:
    """The fields with a blank between two."""
    return [morceau for champ in champs for morceau in (Value(" "), F(champ))]


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
    # SQLite runs the expression in Python: on one text instead of five, and only where the outline fits.
    lignes = lignes.alias(textes=Concat(*_espaces(TEXTES), output_field=TextField()))
    for mot in utiles:
        dit = Q(service__in=[pk for pk, connu in services if f" {mot}" in connu])
        dit |= Q(structure__in=Structure.objects.filter(disant(mot)).values("pk"))
        dit |= Q(textes__ressemble=silhouette(mot)) & Q(textes__regex=motif(mot))
        lignes = lignes.filter(dit)
    return lignes
