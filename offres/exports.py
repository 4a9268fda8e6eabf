"""What an export of offers or needs holds: columns to choose, each with what the pages show, no more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from offres.models import Besoin, Offre
from offres.templatetags.offres_mots import (
    domaines_mots,
    modalites_mots,
    periodicite_mots,
    publics_mots,
    ressources_mots,
    zone,
)

LOT = 1_000
Ligne = Offre | Besoin


@dataclass(frozen=True)
class Colonne:
    """One column of the export; `genre` when only one of the two sides has it."""

    cle: str
    entete: str
    valeur: Callable[[Any], Any]
    par_defaut: bool = False
    genre: str = ""


def _page(ligne: Ligne) -> str:
    nom = "offres:offre" if isinstance(ligne, Offre) else "offres:besoin"
    return settings.PCTI_URL + reverse(nom, args=[ligne.pk])


COLONNES: tuple[Colonne, ...] = (
    Colonne("service", "Service", lambda x: x.libelle, par_defaut=True),
    Colonne("structure", "Structure", lambda x: x.structure.nom, par_defaut=True),
    Colonne("famille", "Famille", lambda x: x.structure.famille.libelle),
    Colonne("type", "Type de structure", lambda x: x.structure.type_libelle, par_defaut=True),
    Colonne("commune", "Commune", lambda x: x.structure.commune.nom, par_defaut=True),
    Colonne("insee", "Code Insee", lambda x: x.structure.commune_id),
    Colonne("departement", "Département", lambda x: x.structure.commune.departement.nom),
    Colonne("bassin", "Bassin d’emploi", lambda x: x.structure.bassin.nom if x.structure.bassin else "",
            par_defaut=True),
    Colonne("volume", "Volume", lambda x: x.volume, par_defaut=True),
    Colonne("restant", "dont encore à partager", lambda x: x.reste, genre="offres"),
    Colonne("accords", "Coopérations en cours hors volume", lambda x: x.hors_compte, genre="offres"),
    Colonne("manquant", "dont encore à trouver", lambda x: x.reste, genre="besoins"),
    Colonne("unite", "Unité", lambda x: x.unite, par_defaut=True),
    Colonne("personnes", "Personnes concernées sur un an", lambda x: x.personnes, genre="besoins"),
    Colonne("publics", "Publics", publics_mots, par_defaut=True),
    Colonne("zone", "Zone", lambda x: zone(x) if x.rayonnement else "", par_defaut=True),
    Colonne("priorite", "Priorité", lambda x: x.get_priorite_display(), par_defaut=True, genre="besoins"),
    Colonne("moment", "Moment du parcours", lambda x: x.get_moment_cle_display(), par_defaut=True, genre="besoins"),
    Colonne("description", "Description", lambda x: x.description, par_defaut=True),
    Colonne("ressources", "Professions et temps", ressources_mots),
    Colonne("lieux", "Locaux et plateaux", lambda x: x.lieux),
    Colonne("domaines", "Domaines professionnels", domaines_mots),
    Colonne("materiel", "Matériel et outils", lambda x: x.materiel),
    Colonne("modalites", "Modalités", modalites_mots),
    Colonne("rythme", "Rythme", periodicite_mots),
    Colonne("debut", "À partir du", lambda x: x.debut),
    Colonne("fin", "Jusqu’au", lambda x: x.fin),
    Colonne("conditions", "Conditions", lambda x: x.conditions),
    Colonne("partenaire", "Partenaire pressenti", lambda x: x.partenaire_pressenti, genre="besoins"),
    Colonne("contact", "Service ou fonction à contacter", lambda x: x.structure.contact_fonction),
    Colonne("telephone", "Téléphone", lambda x: x.structure.telephone),
    Colonne("courriel", "Courriel du service", lambda x: x.structure.courriel),
    Colonne("serafin", "Prestations SERAFIN-PH", lambda x: ", ".join(x.service.serafin_prestations)),
    Colonne("publiee", "Publiée le", lambda x: x.publiee_le and timezone.localdate(x.publiee_le)),
    Colonne("page", "Page du portail", _page),
)  # fmt: skip


def proposees(genre: str) -> list[Colonne]:
    return [colonne for colonne in COLONNES if colonne.genre in ("", genre)]


def choisies(cles: Sequence[str], genre: str) -> list[Colonne]:
    """The columns of an address, in our order; those by default when it names none of ours."""
    colonnes = proposees(genre)
    return [c for c in colonnes if c.cle in cles] or [c for c in colonnes if c.par_defaut]


def lignes(trouvees: QuerySet[Any], colonnes: Sequence[Colonne]) -> Iterator[list[Any]]:
    """The rows of lines that carry `reste`, read as they are written: a constant number of queries per thousand."""
    lues: Any = trouvees.pour_affichage()  # type: ignore[attr-defined]
    for ligne in lues.select_related("structure__commune__departement").iterator(chunk_size=LOT):
        yield [colonne.valeur(ligne) for colonne in colonnes]
