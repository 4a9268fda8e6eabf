"""From a row of the spreadsheet to a line for the engine, with what is to be said of each cell."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

from socle.recherche import normaliser
from structures.identifiants import GENRES, defaut
from structures.imports.fiche import Avancer, Fiche, FichierIllisible, HorsPerimetre, Lue, Rejet, nombre
from structures.imports.noms_lisibles import lisible
from structures.imports.tableur import valeurs_de_cellules as cellules
from structures.imports.tableur.analyse import entetes_uniques, trouver_entete
from structures.imports.tableur.champs import type_de
from structures.imports.tableur.fichier import format_du_tableau, rangees
from structures.imports.tableur.plan import Plan
from structures.imports.tableur.rangees import Rangee
from structures.models import Public

_DEBUT = 40


@dataclass
class Traduite:
    """One row understood: the line for the engine, the values by field, the remarks by field."""

    lue: Lue
    valeurs: dict[str, str] = field(default_factory=dict)
    remarques: list[tuple[str, str]] = field(default_factory=list)


class Traducteur:
    """Reads the rows of one file by its plan."""

    def __init__(self, plan: Plan, entetes: list[str]) -> None:
        """Raises FichierIllisible when the file lacks a column without which nothing can be read."""
        self._plan = plan
        rangs = {entete: rang for rang, entete in enumerate(entetes)}
        self._rangs: dict[str, list[int]] = {}
        absentes = []
        for entete, champ in plan.colonnes.items():
            if entete in rangs:
                self._rangs.setdefault(champ, []).append(rangs[entete])
            else:
                absentes.append(entete)
        manques = Plan(
            liste=plan.liste or "?",
            colonnes={e: c for e, c in plan.colonnes.items() if e in rangs},
            type_constant=plan.type_constant,
        ).manques()
        if manques:
            detail = f" Colonnes attendues et absentes : {', '.join(absentes)}." if absentes else ""
            raise FichierIllisible(
                f"Ce fichier n’a pas les colonnes de la liste « {plan.liste} ».{detail} {manques[0]}"
            )

    @cached_property
    def _publics(self) -> Mapping[str, str]:
        publics = list(Public.objects.values_list("slug", "libelle"))
        return {normaliser(mot): slug for slug, libelle in publics for mot in (slug, libelle)}

    def _textes(self, rangee: Rangee, champ: str) -> list[str]:
        return [texte for rang in self._rangs.get(champ, ()) if (texte := rangee.cellule(rang))]

    def _texte(self, rangee: Rangee, champ: str) -> str:
        return next(iter(self._textes(rangee, champ)), "")

    def traduire(self, rangee: Rangee) -> Traduite:
        """The line of a row: kept, rejected with its reason, or out of scope."""
        nom = self._nom(rangee)
        cle = "/".join(self._textes(rangee, "cle"))[:200]
        if rangee.defaut:
            return Traduite(Rejet(rangee.numero, rangee.defaut, cle, nom))
        if not nom:
            return Traduite(Rejet(rangee.numero, "nom absent", cle))
        type_ = self._type(rangee)
        if not isinstance(type_, str):
            return Traduite(type_, {"nom": nom})
        traduite = Traduite(Rejet(rangee.numero, ""), {"nom": nom, "type": type_, "cle": cle})
        self._numeros(rangee, traduite)
        self._lieu(rangee, traduite)
        self._contacts(rangee, traduite)
        traduite.lue = self._fiche(rangee, traduite)
        return traduite

    def _nom(self, rangee: Rangee) -> str:
        """The name, its pieces one after the other; capitals are put right here when only some have them."""
        morceaux = self._textes(rangee, "nom")
        if any(m.isupper() for m in morceaux) and not all(m.isupper() for m in morceaux):
            morceaux = [lisible(m) for m in morceaux]
        return cellules.joindre(morceaux, " – ")[:200]

    def _type(self, rangee: Rangee) -> str | HorsPerimetre | Rejet:
        if "type" not in self._rangs:
            return self._plan.type_constant
        valeur = self._texte(rangee, "type")
        if not valeur:
            return self._plan.type_constant or Rejet(rangee.numero, "type absent", "", self._nom(rangee))
        type_ = self._plan.type_de(valeur)
        if type_ is None:
            # Not seen by the person who said what the values mean: our own words are sure, others aren't.
            type_ = type_de(valeur)
            if not type_:
                nom = self._nom(rangee)
                return Rejet(
                    rangee.numero, f"type que personne n’a traduit pour cette liste (« {valeur[:60]} »)", "", nom
                )
        return type_ or HorsPerimetre(rangee.numero, valeur[:80])

    def _numeros(self, rangee: Rangee, traduite: Traduite) -> None:
        for genre in GENRES:
            brut = self._texte(rangee, genre)
            if not brut:
                continue
            valeur, remarque = cellules.numero(genre, brut)
            traduite.valeurs[genre] = valeur
            if remarque:
                traduite.remarques.append((genre, f"{GENRES[genre].nom}\u00a0: {remarque}"))

    def _lieu(self, rangee: Rangee, traduite: Traduite) -> None:
        valeurs = traduite.valeurs
        postal, ville_du_postal = cellules.code_postal(self._texte(rangee, "code_postal"))
        ville = self._texte(rangee, "ville")
        valeurs["adresse"] = cellules.joindre(self._textes(rangee, "adresse"), ", ")[:250]
        valeurs["code_commune"] = cellules.code_commune(self._texte(rangee, "code_commune"))
        valeurs["code_postal"], valeurs["ville"] = postal, cellules.ville(ville or ville_du_postal)
        if not postal and (en_tete := re.match(r"(\d{5})\s+\D", ville)):
            valeurs["code_postal"] = en_tete[1]
        lat, lon = self._texte(rangee, "lat"), self._texte(rangee, "lon")
        ensemble = self._texte(rangee, "point")
        if ensemble and not (lat and lon):
            lu = cellules.point(ensemble)
            lat, lon = lu or ("", "")
            if lu is None:
                traduite.remarques.append(("point", f"coordonnées illisibles («\u00a0{ensemble[:40]}\u00a0»)"))
        if (lat or lon) and (nombre(lat) is None or nombre(lon) is None):
            traduite.remarques.append(("lat", f"coordonnées illisibles («\u00a0{lat[:20]}, {lon[:20]}\u00a0»)"))
        valeurs["lat"], valeurs["lon"] = lat, lon

    def _contacts(self, rangee: Rangee, traduite: Traduite) -> None:
        valeurs = traduite.valeurs
        valeurs["organisme"] = self._texte(rangee, "organisme")[:200]
        valeurs["contact_fonction"] = " ".join(self._texte(rangee, "contact_fonction").split())[:120]
        valeurs["telephone"] = cellules.telephone(self._texte(rangee, "telephone"))
        for champ, lire in (("courriel", cellules.courriel), ("site_web", cellules.site_web)):
            if brut := self._texte(rangee, champ):
                valeurs[champ], remarque = lire(brut)
                if remarque:
                    traduite.remarques.append((champ, remarque))
        if brut := self._texte(rangee, "capacite"):
            capacite, remarque = cellules.entier(brut)
            valeurs["capacite"] = "" if capacite is None else str(capacite)
            if remarque:
                traduite.remarques.append(("capacite", f"capacité\u00a0: {remarque}"))

    def _slugs(self, rangee: Rangee, traduite: Traduite) -> tuple[str, ...]:
        slugs = []
        for morceau in re.split(r"[,;|\n]", " ; ".join(self._textes(rangee, "publics"))):
            if not morceau.strip():
                continue
            slug = self._publics.get(normaliser(morceau))
            if slug is None:
                traduite.remarques.append(("publics", f"public inconnu («\u00a0{morceau.strip()[:60]}\u00a0»)"))
            elif slug not in slugs:
                slugs.append(slug)
        return tuple(slugs)

    def _fiche(self, rangee: Rangee, traduite: Traduite) -> Fiche:
        valeurs = traduite.valeurs
        publics = self._slugs(rangee, traduite)
        textes: dict[str, Any] = {
            champ: valeurs.get(champ, "")
            for champ in (
                "nom", "type", "code_commune", "ville", "code_postal", "finess", "siret", "siren", "uai", "safir",
                "organisme", "adresse", "telephone", "courriel", "site_web", "contact_fonction",
            )
        }  # fmt: skip
        lat, lon = nombre(valeurs["lat"]), nombre(valeurs["lon"])
        entier = valeurs.get("capacite", "")
        return Fiche(
            ligne=rangee.numero,
            **textes,
            cle_source=valeurs.get("cle", ""),
            lat=lat if lon is not None else None,
            lon=lon if lat is not None else None,
            capacite=int(entier) if entier else None,
            publics=publics,
            remarques=tuple(texte for _, texte in traduite.remarques),
        )


def defauts_des_numeros(valeurs: Mapping[str, str]) -> list[tuple[str, str]]:
    """(field, what is wrong) for the numbers of a line: for the preview; the engine says it again in its journal."""
    return [(genre, mots) for genre in GENRES if (mots := defaut(genre, valeurs.get(genre, "")))]


def ouvrir_les_rangees(chemin: Path, plan: Plan, avancer: Avancer | None = None) -> tuple[list[str], Iterator[Rangee]]:
    """(unique headers, rows below them). Raises FichierIllisible."""
    forme = format_du_tableau(chemin)
    suite = rangees(chemin, forme, plan.feuille, avancer)
    if plan.ligne_entete:
        entete = next((r for r in suite if r.numero >= plan.ligne_entete), None)
        reste: Iterator[Rangee] = suite
    else:
        debut = list(islice(suite, _DEBUT))
        entete = trouver_entete(debut) if debut else None
        reste = chain((r for r in debut if entete and r.numero > entete.numero), suite)
    if entete is None:
        raise FichierIllisible("Ce tableau est vide.")
    # Lists printed page by page write their headers again.
    return entetes_uniques(entete.cellules), (r for r in reste if r.cellules != entete.cellules)


def lire(chemin: Path, plan: Plan, avancer: Avancer | None = None) -> Iterator[Lue]:
    """The lines of a file, for the engine. Raises FichierIllisible."""
    entetes, suite = ouvrir_les_rangees(chemin, plan, avancer)
    traducteur = Traducteur(plan, entetes)
    for rangee in suite:
        yield traducteur.traduire(rangee).lue
