"""Two neighbouring bassins drawn as squares, a third one further, and structures of several families."""

import json
from types import SimpleNamespace

import pytest
from django.core.cache import caches

from fiches_action.conventions.models import Convention, ModeleConvention, Partie
from fiches_action.models import Acteur, FicheAction
from offres.models import Besoin, Offre, Service
from structures.comptes.models import Utilisateur
from structures.models import Public, Structure
from structures.territoires.models import Bassin, CodePostal, Commune, Contour, Departement, Pole, Region


def carre(ouest: float, sud: float, cote: float) -> str:
    est, nord = ouest + cote, sud + cote
    points = [[ouest, sud], [est, sud], [est, nord], [ouest, nord], [ouest, sud]]
    return json.dumps({"type": "Polygon", "coordinates": [points]}, separators=(",", ":"))


def faire_bassin(departement: Departement, code: str, nom: str, insee: str, ouest: float) -> Commune:
    """A bassin of one commune, both the same square of half a degree starting at `ouest`."""
    bassin = Bassin.objects.create(code=code, nom=nom, ouest=ouest, sud=49.0, est=ouest + 0.5, nord=49.5)
    commune = Commune.objects.create(
        code=insee, nom=nom, departement=departement, bassin=bassin, population=1000, lat=49.25, lon=ouest + 0.25
    )
    Contour.objects.create(bassin=bassin, geojson=carre(ouest, 49.0, 0.5))
    Contour.objects.create(commune=commune, geojson=carre(ouest, 49.0, 0.5))
    CodePostal.objects.create(code=f"{insee[:2]}200", commune=commune)
    return commune


def faire_structures(commune: Commune, nombre: int, type_: str = "ime", prefixe: str = "IME") -> list[Structure]:
    return [
        Structure.objects.create(
            nom=f"{prefixe} {commune.nom} {rang}",
            type=type_,
            commune=commune,
            lat=commune.lat + rang / 1000,
            lon=commune.lon,
            adresse=f"{rang} rue des Lilas",
        )
        for rang in range(nombre)
    ]


@pytest.fixture(autouse=True)
def _personne_n_a_rien_demande() -> None:
    """Drawings are counted for each address: what a test before this one asked for is forgotten."""
    caches["default"].clear()


@pytest.fixture
def monde(db: None) -> SimpleNamespace:
    region = Region.objects.create(code="28", nom="Normandie")
    eure = Departement.objects.create(code="27", nom="Eure", region=region)
    Contour.objects.create(departement=eure, geojson=carre(0.0, 49.0, 1.0))
    m = SimpleNamespace(
        eure=eure,
        evreux=faire_bassin(eure, "2808", "Évreux", "27229", 1.0),
        bernay=faire_bassin(eure, "2803", "Bernay", "27056", 0.5),
        flers=faire_bassin(eure, "2809", "Flers", "61169", 3.0),
    )
    m.imes = faire_structures(m.evreux, 2)
    m.esat = faire_structures(m.evreux, 1, "esat", "ESAT")[0]
    m.savs = faire_structures(m.evreux, 1, "savs", "SAVS")[0]
    m.cap = faire_structures(m.bernay, 1, "cap-emploi", "Cap emploi")[0]
    m.esat.publics.add(Public.objects.first() or Public.objects.create(slug="p", libelle="Public", groupe="G"))
    Structure.objects.filter(pk=m.esat.pk).update(
        contact_nom="Jeanne Exemple",
        contact_nom_public=True,
        contact_consenti_le="2026-01-01T00:00Z",
        contact_fonction="Service insertion",
    )
    m.service = Service.objects.first()
    assert m.service is not None
    m.offre = Offre.objects.create(
        structure=m.esat, service=m.service, volume=7, unite="personnes/an", rayonnement="region", publiee=True
    )
    m.besoin = Besoin.objects.create(structure=m.esat, service=m.service, volume=3, unite="personnes/an", publiee=True)
    m.brouillon = Offre.objects.create(
        structure=m.savs, service=m.service, service_autre="Brouillon secret", publiee=False
    )
    m.partenaire = Utilisateur.objects.create_user(email="partenaire@exemple.test", password="un mot de passe long")
    return m


@pytest.fixture
def lies(monde: SimpleNamespace) -> SimpleNamespace:
    """A sheet and its agreement between the ESAT, an IME, and the Cap emploi of the next bassin; a draft of others."""
    monde.pilote = Utilisateur.objects.create(email="pilote@ailleurs.test")
    monde.pole = Pole.objects.create(nom="Pôle", departement=monde.eure)
    monde.fiche = FicheAction.objects.create(
        reference="FA-2026-0001",
        titre="Croiser les regards",
        porteur=monde.esat,
        etat="proposee",
        pole=monde.pole,
        pilote=monde.pilote,
    )
    for structure, role in ((monde.esat, "porteur"), (monde.imes[0], "partenaire"), (monde.cap, "partenaire")):
        Acteur.objects.create(fiche=monde.fiche, structure=structure, role=role)
    Acteur.objects.create(fiche=monde.fiche, structure=monde.imes[1], role="informe")
    Acteur.objects.create(fiche=monde.fiche, structure=monde.savs, role="partenaire", confirmation="declinee")
    monde.brouillon_fiche = FicheAction.objects.create(
        reference="FA-2026-0002",
        titre="Un brouillon discret",
        porteur=monde.savs,
        etat="brouillon",
        pole=monde.pole,
        pilote=monde.pilote,
    )
    for structure, role in ((monde.savs, "porteur"), (monde.imes[1], "partenaire")):
        Acteur.objects.create(fiche=monde.brouillon_fiche, structure=structure, role=role)
    modele = ModeleConvention.objects.create(code="essai", version=1, titre="Essai", texte="…")
    monde.convention = Convention.objects.create(
        reference="CV-2026-0001", titre="Accueillir des stagiaires", fiche=monde.fiche, modele=modele, etat="scellee",
        pole=monde.pole,
    )  # fmt: skip
    for rang, structure in enumerate((monde.esat, monde.imes[0])):
        Partie.objects.create(convention=monde.convention, structure=structure, rang=rang, nom=structure.nom)
    return monde
