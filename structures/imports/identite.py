"""Which structure a line speaks of: by its numbers, its name in the list, then what it says of itself.

The order: FINESS, UAI, SAFIR, identifier in the list, then SIRET + type + commune, then name + type +
commune. The last two only when exactly one structure fits: nothing is guessed, a line that several
structures could be becomes a new one, and the duplicates are proposed to people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from socle.recherche import normaliser
from structures.imports.fiche import Fiche
from structures.imports.numeros import UNIQUES, Numeros
from structures.imports.rapprochement import Place
from structures.imports.vues import Vues
from structures.models import Identifiant, Structure


@dataclass(frozen=True)
class Retenue:
    """A line kept: cleaned, named, placed."""

    fiche: Fiche
    numeros: Numeros
    place: Place
    nom: str
    cle: str


class Reconnaisseur:
    """Finds the structures of one lot, with a constant number of queries."""

    def __init__(self, liste: str, vues: Vues, *, avec_publics: bool, verrouiller: bool) -> None:
        self._liste, self._vues, self._avec_publics = liste, vues, avec_publics
        # A correction made while the lot is written would be lost: whoever corrects waits for the lot.
        self.verrouiller = verrouiller
        self._connues: dict[int, Structure] = {}

    def reconnaitre(self, lot: Sequence[Retenue]) -> dict[int, Structure]:
        """{rank in the lot: structure}; a rank that is missing is a new structure."""
        self._connues = {}
        trouvees = self._par_numeros(lot)
        reste = [rang for rang in range(len(lot)) if rang not in trouvees]
        trouvees |= self._par_ressemblance(lot, reste, {s.pk for s in trouvees.values()})
        return trouvees

    def _charger(self, ensemble: QuerySet[Structure]) -> Iterable[Structure]:
        ensemble = ensemble.select_related("commune")
        if self.verrouiller:
            ensemble = ensemble.select_for_update(of=("self",)).order_by("pk")
        if self._avec_publics:
            ensemble = ensemble.prefetch_related("publics")
        # One object for one structure, whichever way it was found.
        return [self._connues.setdefault(s.pk, s) for s in ensemble]

    def _par_numeros(self, lot: Sequence[Retenue]) -> dict[int, Structure]:
        trouvees: dict[int, Structure] = {}
        for nom in UNIQUES:
            numeros = {rang: getattr(r.numeros, nom) for rang, r in enumerate(lot) if rang not in trouvees}
            voulus = {numero for numero in numeros.values() if numero}
            if not voulus:
                continue
            par = {getattr(s, nom): s for s in self._charger(Structure.objects.filter(**{f"{nom}__in": voulus}))}
            # « UAI of another FINESS »: the stronger number says that they are two.
            plus_forts = UNIQUES[: UNIQUES.index(nom)]
            trouvees |= {
                rang: par[numero]
                for rang, numero in numeros.items()
                if numero in par and _compatibles(par[numero], lot[rang], plus_forts)
            }
        cles = {r.cle: rang for rang, r in enumerate(lot) if rang not in trouvees}
        if cles:
            noms = dict(
                Identifiant.objects.filter(liste=self._liste, valeur__in=cles).values_list("valeur", "structure_id")
            )
            if noms:
                par_pk = {s.pk: s for s in self._charger(Structure.objects.filter(pk__in=set(noms.values())))}
                trouvees |= {cles[cle]: par_pk[pk] for cle, pk in noms.items()}
        return trouvees

    def _par_ressemblance(self, lot: Sequence[Retenue], rangs: list[int], prises: set[int]) -> dict[int, Structure]:
        """By SIRET, then by name; a structure that another line already is can't be this one too."""
        trouvees: dict[int, Structure] = {}
        if not rangs:
            return trouvees
        sirets = {lot[r].numeros.siret for r in rangs} - {""}
        noms = {normaliser(lot[r].nom)[:200] for r in rangs}
        communes = {lot[r].place.commune.pk for r in rangs}
        proches: list[Structure] = []
        if sirets:
            proches += self._charger(Structure.objects.filter(siret__in=sirets, commune__in=communes))
        par_nom = list(self._charger(Structure.objects.filter(nom_recherche__in=noms, commune__in=communes)))
        candidates = {s.pk: s for s in (*proches, *par_nom)}
        autres = self._autrement_nommees(candidates.keys())
        deja = prises | self._vues.parmi(list(candidates))
        libres = [s for pk, s in candidates.items() if pk not in deja]
        par_siret: dict[tuple[str, str, str], list[Structure]] = {}
        par_mots: dict[tuple[str, str, str], list[Structure]] = {}
        for s in libres:
            par_siret.setdefault((s.siret, s.type, s.commune_id), []).append(s)
            par_mots.setdefault((s.nom_recherche, s.type, s.commune_id), []).append(s)
        donnees: set[int] = set()
        for rang in rangs:
            r = lot[rang]
            ou = (r.fiche.type, r.place.commune.pk)
            for possibles in (
                par_siret.get((r.numeros.siret, *ou), []) if r.numeros.siret else [],
                par_mots.get((normaliser(r.nom)[:200], *ou), []),
            ):
                bonnes = [
                    s
                    for s in possibles
                    if s.pk not in donnees and _compatibles(s, r) and not (r.fiche.cle_source and s.pk in autres)
                ]
                if len(bonnes) == 1:
                    trouvees[rang] = bonnes[0]
                    donnees.add(bonnes[0].pk)
                    break
        return trouvees

    def _autrement_nommees(self, pks: Iterable[int]) -> set[int]:
        """Those that this list already knows: a line with another identifier is another structure."""
        return set(
            Identifiant.objects.filter(liste=self._liste, structure__in=list(pks)).values_list(
                "structure_id", flat=True
            )
        )


def _compatibles(structure: Structure, retenue: Retenue, numeros: Sequence[str] = UNIQUES) -> bool:
    """Two different FINESS (UAI, SAFIR) numbers are two structures, even at one SIRET."""
    return all(
        not getattr(structure, nom)
        or not getattr(retenue.numeros, nom)
        or getattr(structure, nom) == getattr(retenue.numeros, nom)
        for nom in numeros
    )
