"""Lists, constraints and reads of the structures."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from socle.droits import peut
from structures.imports.noms_lisibles import lisible
from structures.models import Public, Structure
from structures.referentiel import FAMILLES, TYPE_DE_CATEGORIE, TYPES, types_de
from tests.fabriques import une_structure


def test_trente_types_neuf_familles() -> None:
    assert len(TYPES) == 30
    assert {t.famille for t in TYPES.values()} == set(FAMILLES)
    assert len({f.forme for f in FAMILLES.values()}) == 9
    assert sum(len(types_de(f)) for f in FAMILLES) == 30
    assert types_de("inconnue") == ()


def test_categories_finess() -> None:
    """183 is always an IME (« impro » has no code); 195 is out of scope."""
    assert TYPE_DE_CATEGORIE["183"] == "ime"
    assert TYPE_DE_CATEGORIE["186"] == "ditep"
    assert TYPE_DE_CATEGORIE["198"] == TYPE_DE_CATEGORIE["249"] == "esrp-espo"
    assert "195" not in TYPE_DE_CATEGORIE


@pytest.mark.django_db
def test_publics_charges() -> None:
    assert Public.objects.count() == 10
    assert not Public.objects.filter(groupe__contains="(").exists()


@pytest.mark.parametrize(
    "champs", [{"finess": "1234"}, {"siret": "12"}, {"lat": 49.0, "lon": 200.0}, {"lat": 95.0, "lon": 1.0}]
)
def test_contraintes(scene: SimpleNamespace, champs: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        une_structure(scene.commune, **champs)


def test_numero_unique_mais_vide_permis(scene: SimpleNamespace) -> None:
    une_structure(scene.commune, finess="", uai="")
    une_structure(scene.commune, finess="", uai="")
    une_structure(scene.commune, finess="270000001")
    with pytest.raises(IntegrityError), transaction.atomic():
        une_structure(scene.commune, finess="270000001")


def test_sans_point_au_centre_de_la_commune(scene: SimpleNamespace) -> None:
    structure = une_structure(scene.commune)
    assert (structure.lat, structure.lon, structure.point_approche) == (scene.commune.lat, scene.commune.lon, True)


def test_lectures(scene: SimpleNamespace) -> None:
    assert set(Structure.objects.du_pole(scene.pole)) == {scene.structure, scene.structure_voisine}
    assert set(Structure.objects.du_bassin("2803")) == {scene.autre_structure}
    assert set(Structure.objects.de(scene.personnes["membre"])) == {scene.structure}
    assert set(Structure.objects.de_la_famille("emploi")) == {scene.structure_voisine}
    assert scene.structure.bassin == scene.bassin
    assert scene.structure.famille.forme == "cercle"
    assert scene.structure.distance_km(scene.structure.lat, scene.structure.lon) == 0


def test_le_nom_suit_update_fields(scene: SimpleNamespace) -> None:
    scene.structure.nom = "IME de l’Œuvre"
    scene.structure.save(update_fields=["nom"])
    assert Structure.objects.rechercher("oeuvre").get() == scene.structure


@pytest.mark.parametrize(
    ("role", "modifier", "inviter"),
    [
        ("membre", True, False),
        ("direction", True, True),
        ("etranger", False, False),
        ("coordination", True, True),
        ("pilotage", False, False),
        ("administration", True, True),
    ],
)
def test_droits(scene: SimpleNamespace, role: str, modifier: bool, inviter: bool) -> None:
    personne = scene.personnes[role]
    assert peut(personne, "structures.modifier", scene.structure) is modifier
    assert peut(personne, "structures.inviter", scene.structure) is inviter
    # Outside its pôle, a coordination has no right.
    if role == "coordination":
        assert not peut(personne, "structures.modifier", scene.autre_structure)


def test_anonyme_ou_inactif_sans_droit(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    direction.is_active = False
    for personne in (AnonymousUser(), direction):
        assert not peut(personne, "structures.modifier", scene.structure)
        assert not peut(personne, "structures.importer")


@pytest.mark.parametrize(
    ("brut", "attendu"),
    [
        ("ESAT LES PAPILLONS BLANCS", "ESAT Les Papillons Blancs"),
        ("SESSAD DE L'IME DU BOCAGE", "SESSAD de l’IME du Bocage"),
        ('SESSAD "VALLÉE DE L\'ODON"', "SESSAD «\u00a0Vallée de l’Odon\u00a0»"),
        ("IMPRO LE MOULIN VERT A ETREPAGNY", "IMPro Le Moulin Vert à Étrépagny"),
        ("S.A.V.S. - ST ARNOULT", "S.A.V.S. – Saint-Arnoult"),
        ("ENTREPRISE ADAPTEE APF EVREUX", "Entreprise adaptée APF Évreux"),
        ("IME Les Tilleuls", "IME Les Tilleuls"),
        ("SESSAD L AIGLE", "SESSAD L’Aigle"),
        ("SSEFS DU CROP -SITE PRINCIPAL", "SSEFS du CROP – site principal"),
        ("", ""),
    ],
)
def test_noms_lisibles(brut: str, attendu: str) -> None:
    villes = {"etrepagny": "Étrépagny", "saint arnoult": "Saint-Arnoult", "evreux": "Évreux"}
    assert lisible(brut, villes) == attendu
