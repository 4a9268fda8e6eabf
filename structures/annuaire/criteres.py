"""What an address of the directory asks: read, checked, said in words, written again in one canonical way.

Every filter is one row of a table (`_filtres`); upper floors add theirs through the socket
`filtres_annuaire`, for signed-in people only. A value that means nothing is left aside and said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from socle import prises
from socle.prises import FiltreAnnuaire
from structures.annuaire import lieux
from structures.annuaire.demande import TEXTE_MAX, Demande, lire
from structures.annuaire.familles import Filtres
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, est_coordination, est_pilotage
from structures.models import Public, Structure, StructureQuerySet
from structures.referentiel import FAMILLES, PRECISIONS, TYPES, choix_types
from structures.territoires.models import Bassin, Departement, Pole

RAYONS = (5, 10, 20, 30, 50, 100)
RAYON_MAX_KM = 300
# More values than a filter has would be a trap.
VALEURS_MAX = 60
Groupes = Sequence[tuple[str, Sequence[tuple[str, str]]]]


@dataclass(frozen=True)
class Filtre:
    """One filter: its parameter, its words, its values, what it keeps."""

    cle: str
    libelle: str
    choix: Callable[[], Groupes]
    appliquer: Callable[[StructureQuerySet, Sequence[str]], StructureQuerySet] | None = None
    volet: str = "famille"
    multiple: bool = True

    @cached_property
    def groupes(self) -> Groupes:
        """Groups of (value, words); read once a request."""
        return [(titre, list(choix)) for titre, choix in self.choix()]

    @cached_property
    def libelles(self) -> dict[str, str]:
        return {valeur: libelle for _, choix in self.groupes for valeur, libelle in choix}


def _un_groupe(couples: Sequence[tuple[str, str]]) -> Groupes:
    return [("", couples)]


def _precisions() -> Groupes:
    return [(TYPES[type_].court, list(valeurs.items())) for type_, valeurs in PRECISIONS.items()]


def _publics() -> Groupes:
    groupes: dict[str, list[tuple[str, str]]] = {}
    for slug, libelle, groupe in Public.objects.actifs().values_list("slug", "libelle", "groupe"):
        groupes.setdefault(groupe, []).append((slug, libelle))
    return list(groupes.items())


def _des_poles(structures: StructureQuerySet, slugs: Sequence[str]) -> StructureQuerySet:
    perimetres = Pole.communes.through.objects.filter(pole__slug__in=slugs)
    return structures.filter(commune__in=perimetres.values("commune"))


def _des_publics(structures: StructureQuerySet, slugs: Sequence[str]) -> StructureQuerySet:
    recus = Structure.publics.through.objects.filter(public__slug__in=slugs)
    return structures.filter(pk__in=recus.values("structure"))


def _departements() -> Groupes:
    lus = Departement.objects.order_by("code").filter(communes__bassin__isnull=False).distinct()
    return _un_groupe([(d.code, f"{d.nom} ({d.code})") for d in lus])


def _etats() -> Groupes:
    return _un_groupe([("fermees", "Fermées"), ("toutes", "Ouvertes et fermées")])


def voit_les_fermees(personne: Utilisateur | None) -> bool:
    """Closed structures are for those who keep the directory."""
    return personne is not None and bool(
        est_coordination(personne) or est_pilotage(personne) or est_administration(personne)
    )


def filtres(personne: Utilisateur | None) -> list[Filtre]:
    """The filters that this person may use, in the order of the address."""
    table = [
        Filtre("famille", "Famille", lambda: _un_groupe([(f.slug, f.libelle) for f in FAMILLES.values()])),
        Filtre("type", "Type", choix_types),
        Filtre("precision", "Nature de l’établissement", _precisions, lambda s, v: s.filter(precision__in=v)),
        Filtre("bassin", "Bassin d’emploi",
               lambda: _un_groupe(list(Bassin.objects.de_la_region().values_list("code", "nom"))),
               lambda s, v: s.filter(commune__bassin__in=v), "territoire"),
        Filtre("departement", "Département", _departements,
               lambda s, v: s.filter(commune__departement__in=v), "territoire"),
        Filtre("pole", "Pôle", lambda: _un_groupe([(p.slug, p.nom) for p in Pole.objects.order_by("nom")]),
               _des_poles, "territoire"),
        Filtre("public", "Public accueilli", _publics, _des_publics, "public"),
    ]  # fmt: skip
    if personne is not None:
        table += [_branche(filtre, personne) for prise in prises.filtres_annuaire for filtre in prise()]
    table.append(
        Filtre("verifier", "Fiche", lambda: _un_groupe([("oui", "À vérifier")]), lambda s, _: s.a_verifier(), "fiche")
    )
    if voit_les_fermees(personne):
        table.append(Filtre("etat", "Activité", _etats, None, "fiche", multiple=False))
    return table


def _branche(filtre: FiltreAnnuaire, personne: Utilisateur) -> Filtre:
    def appliquer(structures: StructureQuerySet, valeurs: Sequence[str]) -> StructureQuerySet:
        choisies: QuerySet[Any] = filtre.appliquer(structures, valeurs, personne)
        return choisies  # type: ignore[return-value]

    return Filtre(filtre.cle, filtre.libelle, lambda: filtre.choix(personne), appliquer, "echanges")


@dataclass(frozen=True)
class Puce:
    """A filter in force, in words, and the address without it."""

    texte: str
    champ: str
    url: str


class Criteres:
    """The filters of an address for one person."""

    def __init__(self, parametres: QueryDict, personne: Utilisateur | None) -> None:
        self.personne = personne
        self.q = " ".join(parametres.get("q", "").replace("\x00", " ").split())[:TEXTE_MAX].strip()
        self.ou = " ".join(parametres.get("lieu", "").replace("\x00", " ").split())[: lieux.TEXTE_MAX].strip()
        self.filtres = filtres(personne)
        self.inconnus: list[str] = []
        self.valeurs: dict[str, tuple[str, ...]] = {}
        for filtre in self.filtres:
            self._lire(filtre, parametres)
        self.rayon = self._rayon(parametres.get("rayon", ""))

    def _lire(self, filtre: Filtre, parametres: QueryDict) -> None:
        donnees = [valeur for valeur in parametres.getlist(filtre.cle)[:VALEURS_MAX] if valeur]
        if not donnees:
            return
        # In the order of the list, each once: one address for one choice.
        retenues = [valeur for valeur in filtre.libelles if valeur in donnees]
        if len(retenues) < len(set(donnees)):
            self.inconnus.append(filtre.libelle)
        if retenues:
            self.valeurs[filtre.cle] = tuple(retenues if filtre.multiple else retenues[:1])

    def _rayon(self, texte: str) -> int | None:
        if not texte or not self.ou:
            return None
        if texte.isascii() and texte.isdigit() and len(texte) < 5 and 1 <= int(texte) <= RAYON_MAX_KM:
            return int(texte)
        self.inconnus.append("Distance")
        return None

    # --- what was understood -------------------------------------------------------------------------------
    @cached_property
    def demande(self) -> Demande:
        return lire(self.q)

    @cached_property
    def reponse_lieu(self) -> lieux.Reponse:
        return lieux.situer(self.ou) if self.ou else lieux.Reponse()

    @property
    def lieu(self) -> lieux.Lieu | None:
        """Where distances start: the place chosen, else the town typed among the words."""
        return self.reponse_lieu.lieu or (None if self.ou else self.demande.lieu)

    # --- the address ---------------------------------------------------------------------------------------
    def parametres(self, **autres: Any) -> dict[str, list[str]]:
        """The canonical parameters; `autres` adds or replaces (None or [] removes)."""
        ensemble: dict[str, list[str]] = {}
        if self.q:
            ensemble["q"] = [self.q]
        if self.ou:
            ensemble["lieu"] = [self.ou]
        if self.rayon:
            ensemble["rayon"] = [str(self.rayon)]
        ensemble.update({cle: list(valeurs) for cle, valeurs in self.valeurs.items()})
        for cle, valeur in autres.items():
            liste = valeur if isinstance(valeur, list | tuple) else [] if valeur is None else [valeur]
            ensemble[cle] = [str(v) for v in liste]
        return {cle: valeurs for cle, valeurs in ensemble.items() if valeurs}

    def requete(self, **autres: Any) -> str:
        """« ?q=esat&bassin=2808 », or « ? » alone."""
        return "?" + urlencode(self.parametres(**autres), doseq=True)

    @property
    def nombre_de_filtres(self) -> int:
        return sum(len(valeurs) for valeurs in self.valeurs.values())

    @property
    def vides(self) -> bool:
        return not (self.q or self.ou or self.valeurs)

    def _lieu_en_mots(self) -> str:
        lieu = self.reponse_lieu.lieu
        if lieu is None:
            # Said as it is: nothing is near a place that is not known, and nothing was left out.
            return f"Lieu à préciser\u00a0: {self.ou}"
        return f"À moins de {self.rayon}\u00a0km\u00a0: {lieu.libelle}" if self.rayon else f"Depuis {lieu.libelle}"

    def puces(self) -> list[Puce]:
        """One chip per word, place and value in force."""
        puces = []
        if self.q:
            puces.append(Puce(f"«\u00a0{self.q}\u00a0»", "Recherche", self.requete(q=None)))
        if self.ou:
            puces.append(Puce(self._lieu_en_mots(), "Lieu", self.requete(lieu=None, rayon=None)))
        for filtre in self.filtres:
            valeurs = self.valeurs.get(filtre.cle, ())
            puces += [
                Puce(
                    f"{filtre.libelle}\u00a0: {filtre.libelles[valeur]}"
                    if filtre.volet in ("echanges", "fiche")
                    else filtre.libelles[valeur],
                    filtre.libelle,
                    self.requete(**{filtre.cle: [v for v in valeurs if v != valeur]}),
                )
                for valeur in valeurs
            ]
        return puces

    # --- the structures ------------------------------------------------------------------------------------
    def filtrer(self) -> StructureQuerySet:
        """The structures that the filters keep, before the words and the distance."""
        etat = self.valeurs.get("etat", ("",))[0]
        if etat == "":
            # An absorbed sheet is always closed.
            structures = Structure.objects.ouvertes()
        else:
            structures = Structure.objects.filter(fusionnee_dans__isnull=True)
            if etat == "fermees":
                structures = structures.filter(fermee_le__isnull=False)
        familles = Filtres(frozenset(self.valeurs.get("famille", ())), frozenset(self.valeurs.get("type", ())))
        structures = familles.appliquer(structures)
        for filtre in self.filtres:
            if filtre.cle in self.valeurs and filtre.appliquer is not None:
                structures = filtre.appliquer(structures, self.valeurs[filtre.cle])
        return structures
