"""What an export of the directory holds: columns to choose, each with what the page would show, no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from structures.annuaire.recherche import Resultats, kilometres
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.models import Structure
from structures.regles import adhesions_de
from structures.territoires.models import Pole

# More rows than this are written by the worker: a page must not wait for them.
DIRECT_MAX = 5_000
LOT = 1_000
Valeur = Callable[[Structure, "Lecteur"], Any]


class Lecteur:
    """Who reads the export, and what they may change: a name is shown to them as on the page."""

    def __init__(self, personne: Utilisateur | None) -> None:
        self.personne = personne
        self.partout = personne is not None and bool(est_administration(personne))
        self.siennes = set(adhesions_de(personne)) if personne is not None else set()
        self.poles = poles_coordonnes(personne) if personne is not None else frozenset()

    def contact(self, structure: Structure) -> str:
        """The same rule as the sheet: with consent, or to those who may change the sheet."""
        if self.personne is None:
            return ""
        modifiable = self.partout or structure.pk in self.siennes or getattr(structure, "coordonnee", False)
        return structure.contact_nom if modifiable else structure.contact_montrable


@dataclass(frozen=True)
class Colonne:
    """One column of the export."""

    cle: str
    entete: str
    valeur: Valeur
    par_defaut: bool = False
    # Never offered to visitors, never written for them.
    connecte: bool = False
    # Only when a place was given.
    distance: bool = False


def _adresse(structure: Structure, lecteur: Lecteur) -> str:
    return settings.PCTI_URL + structure.get_absolute_url()


COLONNES: tuple[Colonne, ...] = (
    Colonne("nom", "Nom", lambda s, _: s.nom, par_defaut=True),
    Colonne("famille", "Famille", lambda s, _: s.famille.libelle, par_defaut=True),
    Colonne("type", "Type", lambda s, _: s.type_libelle, par_defaut=True),
    Colonne("distance", "Distance (km)", lambda s, _: _arrondie(s), par_defaut=True, distance=True),
    Colonne("adresse", "Adresse", lambda s, _: s.adresse, par_defaut=True),
    Colonne("code_postal", "Code postal", lambda s, _: s.code_postal, par_defaut=True),
    Colonne("commune", "Commune", lambda s, _: s.commune.nom, par_defaut=True),
    Colonne("insee", "Code Insee", lambda s, _: s.commune_id),
    Colonne("departement", "Département", lambda s, _: s.commune.departement.nom),
    Colonne("bassin", "Bassin d’emploi", lambda s, _: s.bassin.nom if s.bassin else "", par_defaut=True),
    Colonne("telephone", "Téléphone", lambda s, _: s.telephone, par_defaut=True),
    Colonne("courriel", "Courriel du service", lambda s, _: s.courriel, par_defaut=True),
    Colonne("site", "Site web", lambda s, _: s.site_web),
    Colonne("contact_fonction", "Service ou fonction à contacter", lambda s, _: s.contact_fonction),
    Colonne("contact", "Personne à contacter", lambda s, lecteur: lecteur.contact(s), connecte=True),
    Colonne("publics", "Publics accueillis", lambda s, _: ", ".join(p.libelle for p in s.publics.all())),
    Colonne("capacite", "Capacité ou file active", lambda s, _: s.capacite),
    Colonne("organisme", "Organisme gestionnaire", lambda s, _: s.organisme.nom if s.organisme else ""),
    Colonne("finess", "Numéro FINESS", lambda s, _: s.finess),
    Colonne("siret", "SIRET", lambda s, _: s.siret),
    Colonne("uai", "Numéro UAI", lambda s, _: s.uai),
    Colonne("safir", "Code SAFIR", lambda s, _: s.safir),
    Colonne("lat", "Latitude", lambda s, _: s.lat),
    Colonne("lon", "Longitude", lambda s, _: s.lon),
    Colonne("source", "Source", lambda s, _: s.get_source_display()),
    Colonne("confirmee", "Vérifiée le", lambda s, _: s.confirme_le.date() if s.confirme_le else None),
    Colonne("fermee", "Fermée le", lambda s, _: s.fermee_le, connecte=True),
    Colonne("page", "Page du portail", _adresse),
)


def _arrondie(structure: Structure) -> float | None:
    km = kilometres(structure)
    return None if km is None else round(km, 1)


def proposees(personne: Utilisateur | None, *, distance: bool) -> list[Colonne]:
    """The columns that this person may ask for."""
    return [c for c in COLONNES if (personne or not c.connecte) and (distance or not c.distance)]


def choisies(cles: Sequence[str], personne: Utilisateur | None, *, distance: bool) -> list[Colonne]:
    """The columns of an address, in our order; those by default when it names none of ours."""
    colonnes = proposees(personne, distance=distance)
    return [c for c in colonnes if c.cle in cles] or [c for c in colonnes if c.par_defaut]


def lignes(
    resultats: Resultats,
    colonnes: Sequence[Colonne],
    personne: Utilisateur | None,
    avancer: Callable[[int], None] | None = None,
) -> Iterator[list[Any]]:
    """The rows, read as they are written: a constant number of queries per thousand."""
    lecteur = Lecteur(personne)
    lues = resultats.structures.select_related("commune__bassin", "commune__departement", "organisme")
    if any(colonne.cle == "publics" for colonne in colonnes):
        lues = lues.prefetch_related("publics")
    if any(colonne.cle == "contact" for colonne in colonnes) and lecteur.poles:
        perimetre = Pole.communes.through.objects.filter(pole__in=lecteur.poles, commune=OuterRef("commune"))
        lues = lues.annotate(coordonnee=Exists(perimetre))
    for rang, structure in enumerate(lues.iterator(chunk_size=LOT), start=1):
        yield [colonne.valeur(structure, lecteur) for colonne in colonnes]
        if avancer is not None and rang % LOT == 0:
            avancer(rang)


def titre(resultats: Resultats) -> str:
    """What names the file."""
    return f"Structures autour de {resultats.lieu.libelle}" if resultats.lieu else "Annuaire des structures"
