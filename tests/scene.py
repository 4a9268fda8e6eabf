"""One small region for the permission matrix: a pôle, two structures, one person per role.

Each room adds its objects in ``tests/<room>/scene.py``: ``enrichir(scene)`` sets attributes
(``scene.fiche = …``). Rooms are called floor by floor, so that an upper room finds the lower
objects. « membre » and « direction » belong to ``scene.structure``, « etranger » to
``scene.autre_structure``, outside the pôle.
"""

from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace

from django.contrib.auth.hashers import make_password

from structures.comptes.models import Habilitation, Utilisateur
from structures.models import Adhesion, Structure
from structures.territoires.models import Bassin, Commune, Departement, Pole, Region
from tests.fabriques import avec_second_facteur

ETAGES = (
    "socle", "territoires", "comptes", "structures", "offres", "fiches", "fiches_action", "conventions", "cartes",
    "pilotage", "demo", "accueil",
)  # fmt: skip


def construire_scene(etages: tuple[str, ...] = ETAGES) -> SimpleNamespace:
    """The scene, written in the database (call it inside a transaction); only some rooms if told."""
    scene = SimpleNamespace()
    _territoires(scene)
    _structures(scene)
    _personnes(scene)
    for etage in etages:
        nom = f"tests.{etage}.scene"
        if find_spec(f"tests.{etage}") and find_spec(nom):
            import_module(nom).enrichir(scene)
    return scene


def _territoires(scene: SimpleNamespace) -> None:
    scene.region, _ = Region.objects.get_or_create(code="28", defaults={"nom": "Normandie"})
    scene.departement, _ = Departement.objects.get_or_create(
        code="27", defaults={"nom": "Eure", "region": scene.region}
    )
    scene.bassin, _ = Bassin.objects.get_or_create(code="2808", defaults={"nom": "Évreux"})
    scene.autre_bassin, _ = Bassin.objects.get_or_create(code="2803", defaults={"nom": "Bernay"})
    scene.commune = _commune("27229", "Évreux", scene.departement, scene.bassin, 49.0241, 1.1508)
    scene.autre_commune = _commune("27056", "Bernay", scene.departement, scene.autre_bassin, 49.0886, 0.5983)
    scene.pole = Pole.objects.create(nom="Pôle de la scène", departement=scene.departement)
    scene.pole.bassins.add(scene.bassin)
    scene.pole.communes.add(scene.commune)


def _commune(code: str, nom: str, departement: Departement, bassin: Bassin, lat: float, lon: float) -> Commune:
    commune, _ = Commune.objects.get_or_create(
        code=code, defaults={"nom": nom, "departement": departement, "bassin": bassin, "lat": lat, "lon": lon}
    )
    return commune


def _structures(scene: SimpleNamespace) -> None:
    scene.structure = Structure.objects.create(nom="IME Les Tilleuls", type="ime", commune=scene.commune)
    scene.structure_voisine = Structure.objects.create(
        nom="Mission locale du Pays", type="mission-locale", commune=scene.commune
    )
    scene.autre_structure = Structure.objects.create(nom="ESAT du Bocage", type="esat", commune=scene.autre_commune)


def _personnes(scene: SimpleNamespace) -> None:
    """One person per role in ``scene.personnes``."""
    roles = ("membre", "direction", "etranger", "coordination", "pilotage", "administration")
    # One hash for all: hashing is slow on purpose.
    hache = make_password("mot de passe de la scène")
    scene.personnes = {
        role: Utilisateur.objects.create(
            email=f"{role}@scene.test", prenom=role.capitalize(), nom="Scène", password=hache
        )
        for role in roles
    }
    for role, structure in (
        ("membre", scene.structure),
        ("direction", scene.structure),
        ("etranger", scene.autre_structure),
    ):
        Adhesion.objects.create(
            utilisateur=scene.personnes[role],
            structure=structure,
            role=Adhesion.Role.DIRECTION if role == "direction" else Adhesion.Role.MEMBRE,
        )
    Habilitation.objects.create(utilisateur=scene.personnes["coordination"], role="coordination", pole=scene.pole)
    Habilitation.objects.create(utilisateur=scene.personnes["pilotage"], role="pilotage", region=scene.region)
    Habilitation.objects.create(utilisateur=scene.personnes["administration"], role="administration")
    for role in ("coordination", "pilotage", "administration"):
        avec_second_facteur(scene.personnes[role])
    scene.personnes["administration"].is_staff = True
    scene.personnes["administration"].save(update_fields=["is_staff"])
