"""The words of the directory: which structures say which word, kept in step with the sheets.

An inverted index of our own, so that both databases answer alike: a word or its beginning is a
range of an index, and the list of known words is what a typing error is compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from structures.territoires.noms import normaliser_nom

if TYPE_CHECKING:
    from structures.models.structure import Structure

MOT_MAX = 40
LOT = 300
# Written on both sides of a name without saying anything of it.
MOTS_VIDES = frozenset({
    "a", "au", "aux", "autour", "chez", "d", "dans", "de", "des", "du", "en", "et", "l", "la", "le", "les", "ou",
    "par", "pour", "pres", "proche", "sur", "un", "une", "vers",
})  # fmt: skip


def mots_de(*textes: str) -> set[str]:
    """The words under which a structure is found: « ESAT de St-Lô » → {esat, saint, lo}.

    >>> sorted(mots_de("ESAT de St-Lô", "50000"))
    ['50000', 'esat', 'lo', 'saint']
    """
    mots = {mot[:MOT_MAX] for texte in textes for mot in normaliser_nom(texte).split()}
    return mots - MOTS_VIDES


def debut_de_mot(champ: str, debut: str) -> Q:
    """Condition « begins with » as a range, which the index answers on both databases, in any collation.

    Words are made of digits and letters of ASCII only, and every collation puts the digits first.
    """
    bas = Q(**{f"{champ}__gte": debut})
    reste = debut
    while reste:
        dernier = reste[-1]
        if dernier != "z":
            suivant = "a" if dernier == "9" else chr(ord(dernier) + 1)
            return bas & Q(**{f"{champ}__lt": reste[:-1] + suivant})
        reste = reste[:-1]
    return bas


class MotQuerySet(models.QuerySet["Mot"]):
    """Reads of the known words."""

    def commencant_par(self, debut: str) -> MotQuerySet:
        """The words that begin so."""
        return self.filter(debut_de_mot("texte", debut))

    def dits(self) -> MotQuerySet:
        """The words that a structure says today: a renamed one may leave its old word behind."""
        return self.filter(Exists(Mention.objects.filter(mot=OuterRef("pk"))))


class Mot(models.Model):
    """A word of the directory, lower case without accents."""

    texte = models.CharField("mot", max_length=MOT_MAX, unique=True)

    objects = MotQuerySet.as_manager()

    class Meta:
        verbose_name = "mot de l’annuaire"
        verbose_name_plural = "mots de l’annuaire"

    def __str__(self) -> str:
        return self.texte


class Mention(models.Model):
    """A structure says a word: in its name, its nature, its town or its postal code."""

    mot = models.ForeignKey(Mot, on_delete=models.CASCADE, related_name="mentions")
    structure = models.ForeignKey("structures.Structure", on_delete=models.CASCADE, related_name="mentions")

    class Meta:
        verbose_name = "mention"
        constraints: ClassVar = [models.UniqueConstraint(name="mention_unique", fields=["mot", "structure"])]

    def __str__(self) -> str:
        return f"{self.mot_id} ↔ {self.structure_id}"


def disant(mot: str) -> Q:
    """Condition on structures: they say a word beginning so, or their type is called so.

    One or two letters are a whole word: « ea » is not « eaux ».
    """
    from structures.synonymes import types_dits

    dits = debut_de_mot("mot__texte", mot) if len(mot) > 2 else Q(mot__texte=mot)
    disent = Mention.objects.filter(dits).values("structure")
    types = types_dits(mot)
    if not types:
        return Q(pk__in=disent)
    # One set of keys rather than two conditions: both databases then start from it instead of reading every sheet.
    structures = apps.get_model("structures", "Structure")._base_manager
    return Q(pk__in=disent.union(structures.filter(type__in=sorted(types)).order_by().values("pk")))


def mots_de_la_structure(structure: Structure) -> set[str]:
    """What a sheet is found under, its type apart: types have words of their own."""
    return mots_de(structure.nom, structure.precision_libelle, structure.commune.nom, structure.code_postal)


@transaction.atomic
def indexer(structures: Iterable[Structure]) -> int:
    """Bring the words of these structures up to date; how many mentions changed. Three reads per 300."""
    change, reste = 0, iter(structures)
    while lot := list(islice(reste, LOT)):
        change += _indexer_lot([structure for structure in lot if structure.pk is not None])
    return change


def _indexer_lot(lot: Sequence[Structure]) -> int:
    voulus = {(structure.pk, mot) for structure in lot for mot in mots_de_la_structure(structure)}
    poses = {
        (structure, texte): pk
        for pk, structure, texte in Mention.objects.filter(
            structure__in=[structure.pk for structure in lot]
        ).values_list("pk", "structure_id", "mot__texte")
    }
    perdus, nouveaux = [pk for couple, pk in poses.items() if couple not in voulus], voulus - poses.keys()
    if perdus:
        Mention.objects.filter(pk__in=perdus).delete()
    if nouveaux:
        # In order: two imports that write the same words wait for each other instead of locking up.
        textes = sorted({mot for _, mot in nouveaux})
        Mot.objects.bulk_create([Mot(texte=texte) for texte in textes], ignore_conflicts=True)
        cles = dict(Mot.objects.filter(texte__in=textes).values_list("texte", "pk"))
        Mention.objects.bulk_create(
            [Mention(structure_id=structure, mot_id=cles[mot]) for structure, mot in sorted(nouveaux)],
            ignore_conflicts=True,
        )
    return len(perdus) + len(nouveaux)
