"""The services that national directories describe, in words, for the page of their structure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from structures.imports.schema_di import libelle
from structures.models import ServiceRepertorie, Structure
from structures.territoires.models import Commune, CommuneAncienne, Departement, Epci

# A page is read; beyond, its source shows the rest.
MONTRES = 30
LIEUX_MONTRES = 6
_PAYS = {"france", "99100"}


@dataclass(frozen=True)
class ServiceEnMots:
    """One service as a reader sees it."""

    nom: str
    description: str
    type: str
    publics: str
    thematiques: str
    accueil: str
    frais: str
    zone: str
    demande: str
    lien: str
    producteur: str
    date_maj: date


def services_de(structure: Structure) -> list[ServiceEnMots]:
    """The services of a structure by name (five queries whatever their number, one when there is none)."""
    services = list(structure.services_repertories.proposes().order_by("nom", "pk")[:MONTRES])
    if not services:
        return []
    noms = noms_des_zones(code for service in services for code in service.zone_eligibilite)
    return [_en_mots(service, noms) for service in services]


def noms_des_zones(codes: Iterable[str]) -> dict[str, str]:
    """Code → name of each commune (today's or merged), département, EPCI or country; unknown ones stay codes."""
    voulus = {str(code) for code in codes}
    noms = dict.fromkeys(voulus & _PAYS, "toute la France")
    for modele in (Departement, Epci, Commune):
        noms |= dict(modele._default_manager.filter(pk__in=voulus).values_list("pk", "nom"))
    anciennes = CommuneAncienne.objects.filter(pk__in=voulus - noms.keys()).select_related("commune")
    noms |= {ancienne.pk: f"{ancienne.commune.nom} ({ancienne.nom})" for ancienne in anciennes}
    return noms


def _en_mots(service: ServiceRepertorie, noms: dict[str, str]) -> ServiceEnMots:
    lieux = [noms.get(code, code) for code in service.zone_eligibilite]
    zone = ", ".join(lieux[:LIEUX_MONTRES])
    if len(lieux) > LIEUX_MONTRES:
        zone += f" et {len(lieux) - LIEUX_MONTRES} autres"
    return ServiceEnMots(
        nom=service.nom,
        description=service.description,
        type=_mots("type", [service.type]),
        publics=_mots("publics", service.publics),
        thematiques=_mots("thematiques", service.thematiques),
        accueil=_mots("modes_accueil", service.modes_accueil),
        frais=_mots("frais", [service.frais]),
        zone=zone,
        demande=_mots("modes_mobilisation", service.modes_mobilisation),
        lien=service.lien,
        producteur=service.source,
        date_maj=service.date_maj,
    )


def _mots(champ: str, codes: Iterable[str]) -> str:
    return ", ".join(libelle(champ, code) for code in codes if code)
