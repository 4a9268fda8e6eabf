"""What people type in the search box: « esat vernon », « mission loc evreux », « st lo », a number.

A number finds its structure. Else a town, a postal code or a département is recognised among the
words, and every other word must be said by the structure: in its name, its town, or the names of
its type. A word that nobody says is replaced by the nearest one that somebody does, and this is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Case, Q, Value, When
from django.db.models.functions import Concat
from rapidfuzz import process
from rapidfuzz.distance import OSA

from socle.recherche import normaliser
from structures.annuaire.lieux import Lieu, communes_nommees, noms_de_lieux
from structures.models import Mot, Organisme, Structure, StructureQuerySet
from structures.models.mots import MOTS_VIDES, debut_de_mot, disant
from structures.synonymes import mots_des_types, types_dits
from structures.territoires.models import Commune, Departement
from structures.territoires.noms import normaliser_nom

TEXTE_MAX, MOTS_MAX = 120, 10
# No name of a commune counts more words.
MOTS_DU_LIEU_MAX = 7
_ETIQUETTE = re.compile(r"^\s*(?:n[°o]?\s*)?(?:finess|siret|siren|uai|rne|safir)\s*(?:n[°o]|:)?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Demande:
    """What was understood."""

    texte: str = ""
    # A whole number: FINESS, SIRET, SIREN, UAI, SAFIR, or the beginning of one.
    numero: str = ""
    # Words that every structure must say, those of the place apart.
    mots: tuple[str, ...] = ()
    # The place named among the words: its communes, and how it was typed.
    lieux: tuple[Lieu, ...] = ()
    mots_du_lieu: tuple[str, ...] = ()
    departement: Departement | None = None
    # (typed, understood)
    corrections: tuple[tuple[str, str], ...] = field(default=())

    @property
    def vide(self) -> bool:
        return not (self.numero or self.mots or self.lieux or self.departement)

    @property
    def lieu(self) -> Lieu | None:
        """The point from which distances start, when the text leaves no doubt."""
        return self.lieux[0] if self.lieux and (len(self.lieux) == 1 or self.mots_du_lieu[0].isdigit()) else None

    @property
    def comprise(self) -> str:
        """The text as it was understood: « vernonn » read as « vernon »."""
        remplaces = dict(self.corrections)
        return " ".join(remplaces.get(mot, mot) for mot in normaliser_nom(self.texte).split())


def lire(texte: str) -> Demande:
    """Understand a text. A few short queries, whatever the number of structures."""
    texte = " ".join(texte.replace("\x00", " ").split())[:TEXTE_MAX].strip()
    numero = _numero(texte)
    if numero:
        return Demande(texte, numero=numero)
    mots = normaliser_nom(texte).split()[:MOTS_MAX]
    demande = _reperer(Demande(texte), mots)
    corrections = corriger(demande.mots)
    if not corrections:
        return demande
    refaits = [corrections.get(mot, mot) for mot in mots]
    # A corrected word may be of two (« pontaudemer »), or name the place at last.
    demande = _reperer(Demande(texte), " ".join(refaits).split())
    return replace(demande, corrections=tuple(corrections.items()))


def _numero(texte: str) -> str:
    """The number that the whole text is, blanks and label apart; five digits are a postal code first."""
    compact = re.sub(r"[\s.\-/\u00a0]", "", _ETIQUETTE.sub("", texte)).upper()
    etiquete = _ETIQUETTE.match(texte) is not None and len(compact) == 5 and compact.isdigit()
    forme = re.fullmatch(r"\d{6,14}|\d[0-9AB]\d{7}|\d{7}[A-Z]", compact, re.ASCII)
    return compact if forme or etiquete else ""


def _reperer(demande: Demande, mots: list[str]) -> Demande:
    """Set the place aside from the words: the longest name of a commune, else a code, else a département."""
    for code in (mot for mot in reversed(mots) if len(mot) == 5 and mot.isascii() and mot.isdigit()):
        communes = Commune.objects.avec_code_postal(code).select_related("departement")
        lieux = tuple(Lieu(f"{code} {c.nom}", code, c.lat, c.lon, c.pk) for c in communes)
        if lieux:
            return replace(demande, lieux=lieux, mots_du_lieu=(code,), mots=_utiles(mots, (code,)))
    suites = _suites(mots)
    nommees = communes_nommees({" ".join(suite) for suite in suites}) if suites else []
    for suite in suites:
        lieux = tuple(lieu for nom, lieu in nommees if nom == " ".join(suite))
        if lieux:
            # « esat vernon 27 »: the number only tells the town from its namesakes.
            chiffres = {mot for mot in mots if len(mot) == 2 and mot[0].isdigit()}
            ici = tuple(lieu for lieu in lieux if lieu.code[:2].lower() in chiffres)
            return replace(demande, lieux=ici or lieux, mots_du_lieu=suite, mots=_utiles(mots, (*suite, *chiffres)))
    departement, dits = _departement(mots)
    return replace(demande, departement=departement, mots=_utiles(mots, dits))


def _suites(mots: list[str]) -> list[tuple[str, ...]]:
    """The runs of words that may name a commune: the longest first, the last first."""
    suites = [
        tuple(mots[debut : debut + longueur])
        for longueur in range(min(MOTS_DU_LIEU_MAX, len(mots)), 0, -1)
        for debut in range(len(mots) - longueur, -1, -1)
    ]
    return [s for s in suites if len(s) > 1 or (s[0] not in MOTS_VIDES and s[0] not in mots_des_types())]


def _departement(mots: list[str]) -> tuple[Departement | None, tuple[str, ...]]:
    """« cap emploi 27 », « ulis seine maritime »."""
    for departement in Departement.objects.order_by("code"):
        nom = tuple(normaliser_nom(departement.nom).split())
        if departement.code.lower() in mots:
            return departement, (departement.code.lower(),)
        if any(tuple(mots[i : i + len(nom)]) == nom for i in range(len(mots))):
            return departement, nom
    return None, ()


def _utiles(mots: list[str], dits: Sequence[str]) -> tuple[str, ...]:
    """The words left, each once; the empty ones apart, unless there is nothing else."""
    return tuple(dict.fromkeys(mot for mot in mots if mot not in dits and mot not in MOTS_VIDES))


def corriger(mots: Sequence[str]) -> dict[str, str]:
    """Word that nobody says → the nearest that somebody says (or that names a commune or a type)."""
    return {
        mot: proche
        for mot in mots
        if len(mot) >= 4 and mot.isalpha() and not _connu(mot) and (proche := mot_proche(mot))
    }


def _connu(mot: str) -> bool:
    if types_dits(mot) or Mot.objects.commencant_par(mot).dits().exists():
        return True
    # A town without any structure is well written all the same.
    return any(connu.startswith(mot) for nom in noms_de_lieux().values() for connu in nom.split())


def mot_proche(mot: str) -> str:
    """The nearest known word: two letters swapped, one too many, one missing; two of them in a long word.

    Words of types first, then the names of communes, then those of structures: the commonest wins.
    """
    permis = 1 if len(mot) < 6 else 2
    taille = (len(mot) - permis, len(mot) + permis)
    communes = noms_de_lieux()
    des_communes = {m for nom in communes.values() for m in nom.split()}
    listes = (
        {m: m for m in mots_des_types()},
        {**{m: m for m in des_communes}, **{cle: nom for cle, nom in communes.items() if " " in nom}},
        {m: m for m in Mot.objects.filter(texte__length__range=taille).dits().values_list("texte", flat=True)},
    )
    meilleur, ecart = "", permis + 1
    for connus in listes:
        if ecart == 0:
            # « pontaudemer », whose words were only stuck together.
            break
        possibles = sorted(m for m in connus if taille[0] <= len(m) <= taille[1] and m.isalpha() and len(m) > 2)
        # The first letter is seldom the wrong one.
        trouves = process.extract(mot, possibles, scorer=OSA.distance, score_cutoff=ecart - 1, limit=20)
        for proche, distance, _ in sorted(trouves, key=lambda t: (t[1], t[0][0] != mot[0], abs(len(t[0]) - len(mot)))):
            if distance < ecart:
                meilleur, ecart = connus[proche], int(distance)
    return meilleur


def du_numero(numero: str) -> Q:
    """Structures that carry a number, or whose legal person does; the beginning of one when it is not whole."""
    condition = Q(finess=numero) | Q(uai=numero) | Q(siret=numero) | Q(safir=numero)
    if len(numero) >= 6 and numero.isdigit():
        condition |= debut_de_mot("siret", numero)
    if len(numero) == 9:
        organismes = Organisme.objects.filter(Q(finess_juridique=numero) | Q(siren=numero))
        condition |= Q(organisme__in=organismes.values("pk"))
    elif 6 <= len(numero) < 9:
        condition |= debut_de_mot("finess", numero) | debut_de_mot("uai", numero)
    return condition


def du_lieu(demande: Demande) -> Q:
    """Structures of the communes named, or that say their words (an agency named after its town)."""
    sur_place = Structure.objects.order_by().filter(commune__in=[lieu.code for lieu in demande.lieux])
    qui_le_disent = Structure.objects.order_by()
    for mot in demande.mots_du_lieu:
        if mot not in MOTS_VIDES:
            qui_le_disent = qui_le_disent.filter(disant(mot))
    ensembles = [qui_le_disent.values("pk")]
    if len(demande.mots_du_lieu) == 1 and demande.mots_du_lieu[0].isdigit():
        ensembles.append(Structure.objects.order_by().filter(safir=demande.mots_du_lieu[0]).values("pk"))
    return Q(pk__in=sur_place.values("pk").union(*ensembles))


def trouver(structures: StructureQuerySet, demande: Demande, *, partout: bool = False) -> StructureQuerySet:
    """The structures that answer; `partout` forgets the place (when nothing is there, the nearest are shown)."""
    if demande.numero:
        return structures.filter(du_numero(demande.numero))
    for mot in demande.mots:
        structures = structures.filter(disant(mot))
    if demande.lieux and not partout:
        structures = structures.filter(du_lieu(demande))
    if demande.departement is not None:
        structures = structures.filter(commune__departement=demande.departement)
    if demande.texte and demande.vide:
        # Signs only, or empty words: nothing to look for.
        return structures.none() if not normaliser(demande.texte) else structures
    return structures


def avec_rang(structures: StructureQuerySet, demande: Demande) -> StructureQuerySet:
    """With `rang`: 0 the name begins as typed, 1 the name says every word, 2 the rest (town, type, number)."""
    dans_le_nom = Q()
    for mot in demande.mots:
        dans_le_nom &= Q(nom_espace__contains=f" {mot}")
    return structures.alias(nom_espace=Concat(Value(" "), "nom_recherche")).annotate(
        rang=Case(
            When(nom_recherche__startswith=" ".join(demande.mots), then=Value(0)),
            When(dans_le_nom, then=Value(1)),
            default=Value(2),
        )
    )
