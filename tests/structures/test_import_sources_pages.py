"""ULIS and data·inclusion by the page of imports: recognised, previewed, applied, undone."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from structures.comptes.models import Utilisateur
from structures.models import Import, ServiceRepertorie, Structure
from tests.structures.conftest import ligne_historique
from tests.structures.fichiers_data_inclusion import CAP_EMPLOI, SERVICE, STRUCTURE, en_csv, en_json
from tests.structures.fichiers_education import ECOLE, LYCEE_PRO
from tests.structures.test_import_conduite import agir, envoyer, page


@pytest.fixture
def client(
    admin_du_portail: Utilisateur, client_de: Callable[[Utilisateur], Client], settings: Any, tmp_path: Path
) -> Client:
    settings.VAR = tmp_path / "var"
    return client_de(admin_du_portail)


def _envoyer(client: Client, chemin: Path) -> Import:
    return envoyer(client, nom=chemin.name, contenu=chemin.read_bytes())


def test_ulis(petite_normandie: SimpleNamespace, client: Client, annuaire: Callable[..., Path]) -> None:
    journal = _envoyer(client, annuaire({}, ECOLE, LYCEE_PRO))
    assert journal.genre == "education-annuaire"
    assert "3\u00a0structures créées" in page(client, journal)
    assert not Structure.objects.exists()
    agir(client, journal, "appliquer")
    assert Structure.objects.filter(type="ulis").count() == 3
    agir(client, journal, "annuler")
    assert not Structure.objects.exists()


def test_annuler_ne_parle_que_de_ce_qui_a_change(
    petite_normandie: SimpleNamespace, client: Client, annuaire: Callable[..., Path]
) -> None:
    """Three made, none modified: the page that asks to undo doesn't say « Les 0 structure modifiée »."""
    journal = _envoyer(client, annuaire({}, ECOLE, LYCEE_PRO))
    agir(client, journal, "appliquer")
    texte = client.get(reverse("structures:annuler_import", args=[journal.pk])).content.decode()
    assert "3\u00a0structures créées sont retirées" in texte
    assert "modifiée retrouve" not in texte


def test_le_hors_perimetre_se_lit(
    petite_normandie: SimpleNamespace, client: Client, fichier_historique: Callable[..., Path]
) -> None:
    """A FINESS category is told by its words, not by its number."""
    journal = _envoyer(
        client, fichier_historique(ligne_historique(), ligne_historique(finess="140000008", categorie="255"))
    )
    assert "maison d’accueil spécialisée (MAS) (1)" in page(client, journal)


def test_structures_puis_services(petite_normandie: SimpleNamespace, client: Client, tmp_path: Path) -> None:
    structures = _envoyer(client, en_json(tmp_path / "structures.json", STRUCTURE, CAP_EMPLOI))
    assert structures.genre == "data-inclusion-structures"
    agir(client, structures, "appliquer")
    services = _envoyer(client, en_csv(tmp_path / "services.csv", SERVICE, {**SERVICE, "id": "dora--s2"}))
    assert services.genre == "data-inclusion-services"
    apercu = page(client, services)
    assert "2\u00a0services créés" in apercu
    assert not ServiceRepertorie.objects.exists()
    agir(client, services, "appliquer")
    assert ServiceRepertorie.objects.count() == 2
    moins = _envoyer(client, en_json(tmp_path / "moins.json", {**SERVICE, "frais": "payant"}))
    assert "quittent la page de leur structure" in page(client, moins)
    agir(client, moins, "appliquer")
    lue = page(client, moins, voir="modifiees")
    assert "Gratuit" in lue
    assert "Payant" in lue
    assert "Fermer celles qui sont cochées" not in page(client, moins, voir="disparues")
    agir(client, moins, "annuler")
    assert list(ServiceRepertorie.objects.proposes().values_list("frais", flat=True)) == ["gratuit", "gratuit"]
    # No service was taken for a structure.
    assert Structure.objects.ouvertes().count() == 2


def test_annuler_les_structures_emporte_leurs_services(
    petite_normandie: SimpleNamespace, client: Client, tmp_path: Path
) -> None:
    structures = _envoyer(client, en_json(tmp_path / "structures.json", STRUCTURE))
    agir(client, structures, "appliquer")
    agir(client, _envoyer(client, en_json(tmp_path / "services.json", SERVICE)), "appliquer")
    agir(client, structures, "annuler")
    assert not Structure.objects.exists()
    assert not ServiceRepertorie.objects.exists()
