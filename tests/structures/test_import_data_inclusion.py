"""data·inclusion v1: structures and services, judged by its own schema."""

import tracemalloc
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from data_inclusion.schema import v1
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from structures.imports.annulation import annuler
from structures.imports.data_inclusion import SERVICES, SOURCES, STRUCTURES, lire_structures
from structures.imports.fiche import Fiche, FichierIllisible, Rejet
from structures.imports.moteur import commencer, importer
from structures.imports.schema_di import libelle, valider
from structures.imports.sources import reconnaitre
from structures.models import Identifiant, Import, ServiceRepertorie, Structure
from structures.repertoire import services_de
from tests.structures.fichiers_data_inclusion import (
    CAP_EMPLOI,
    FORMES,
    SERVICE,
    STRUCTURE,
    en_csv,
    en_json,
    en_ndjson,
)


def _structures(chemin: Path, *, essai: bool = False) -> Import:
    return importer(chemin, SOURCES[STRUCTURES], essai=essai)


def _services(chemin: Path, *, essai: bool = False) -> Import:
    return importer(chemin, SOURCES[SERVICES], essai=essai)


def _raisons(journal: Import) -> dict[int, str]:
    return dict(journal.lignes.filter(action="rejetee").values_list("numero", "raison"))


@pytest.mark.parametrize("forme", FORMES)
def test_structures_de_chaque_forme(petite_normandie: SimpleNamespace, tmp_path: Path, forme: str) -> None:
    objets = [
        STRUCTURE,
        CAP_EMPLOI,
        {**STRUCTURE, "id": "dora--3", "reseaux_porteurs": ["caf"]},
        {**STRUCTURE, "id": "dora--4", "reseaux_porteurs": None},
        {**STRUCTURE, "id": "dora--5", "code_insee": "75056", "code_postal": "75001", "commune": "Paris"},
    ]
    if forme == "csv":
        objets = [{cle: valeur for cle, valeur in objet.items() if valeur is not None} for objet in objets]
    chemin = FORMES[forme](tmp_path / "structures", *objets)
    assert reconnaitre(chemin).genre == STRUCTURES
    journal = _structures(chemin)
    assert journal.compteurs["creees"] == 2
    assert journal.hors_perimetre == {"Caisse d’Allocations Familiales": 1, "sans réseau": 1}
    assert journal.compteurs["hors_territoire"] == 1
    mission = Structure.objects.get(type="mission-locale")
    assert (mission.nom, mission.adresse) == ("Mission locale du Bessin", "3 rue des Essais, Bâtiment B")
    assert (mission.telephone, mission.siret) == ("02 31 00 00 00", "35600000000048")
    assert mission.site_web == "https://mission.exemple.fr/"
    assert mission.source == Structure.Source.DATA_INCLUSION
    assert not mission.point_approche
    assert Identifiant.objects.get(structure=mission).valeur == "dora--1"
    assert Structure.objects.get(type="cap-emploi").commune == petite_normandie.evreux
    encore = _structures(chemin)
    assert encore.compteurs["inchangees"] == 2
    assert encore.compteurs["creees"] + encore.compteurs["modifiees"] + encore.compteurs["disparues"] == 0


def test_lignes_rejetees_avec_leur_raison(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    chemin = en_json(
        tmp_path / "s.json",
        {cle: valeur for cle, valeur in STRUCTURE.items() if cle not in ("nom", "date_maj")},
        {**STRUCTURE, "siret": "123", "courriel": "pas un courriel"},
        {**STRUCTURE, "reseaux_porteurs": ["reseau-invente"]},
        {**STRUCTURE, "date_maj": (date.today() + timedelta(days=2)).isoformat()},
        "pas un objet",
        {**STRUCTURE, "site_web": "mission.exemple.fr", "longitude": "ouest"},
    )
    raisons = _raisons(_structures(chemin))
    assert set(raisons) == {1, 2, 3, 4, 5, 6}
    assert raisons[1] == ("nom : champ obligatoire absent ; date_maj : champ obligatoire absent")
    assert "siret\u00a0: trop court, 14 caractères au moins («\u00a0123\u00a0»)" in raisons[2]
    assert "courriel\u00a0: adresse électronique mal formée" in raisons[2]
    assert raisons[3] == "reseaux_porteurs\u00a0: valeur inconnue du schéma («\u00a0reseau-invente\u00a0»)"
    assert "ne peut pas être dans le futur" in raisons[4]
    assert "la ligne n’est pas un objet" in raisons[5]
    assert "site_web\u00a0: adresse web mal formée" in raisons[6]
    assert "longitude\u00a0: un nombre est attendu («\u00a0ouest\u00a0»)" in raisons[6]
    assert not Structure.objects.exists()


def test_chaque_defaut_d_un_service_est_dit_en_francais() -> None:
    """No word of the library's own reaches people."""
    mauvais: dict[str, Any] = {
        "source": 3, "id": "d--1", "nom": "x" * 200, "structure_id": None, "description": "ab", "date_maj": "hier",
        "type": "x", "thematiques": ["numerique"], "publics": ["tous-publics", "jeunes"],
        "modes_accueil": "en-presentiel", "zone_eligibilite": ["14", "zzzzzzzzz"], "frais": "cher",
        "modes_mobilisation": [], "lien_mobilisation": "ftp://x", "nombre_semaines": 0,
        "volume_horaire_hebdomadaire": "beaucoup", "code_postal": "1400a",
    }  # fmt: skip
    for champ, valeur in mauvais.items():
        if champ == "id":
            continue
        raison = valider(v1.Service, {**SERVICE, champ: valeur})
        assert isinstance(raison, str), champ
        assert raison.startswith(f"{champ}\u00a0: "), raison
        for anglais in ("should", "Input", "valid ", "must", "refusée par le schéma"):
            assert anglais not in raison
    raison = valider(v1.Service, {**SERVICE, "zone_eligibilite": ["14", "zzzzzzzzz"]})
    assert raison == ("zone_eligibilite\u00a0: ni commune, ni département, ni EPCI, ni pays («\u00a0zzzzzzzzz\u00a0»)")
    raison = valider(v1.Service, mauvais)
    assert isinstance(raison, str)
    assert "autres défauts" in raison


def test_plusieurs_reseaux(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    journal = _structures(
        en_json(tmp_path / "s.json", {**STRUCTURE, "reseaux_porteurs": ["departements", "aci", "ei"]})
    )
    assert Structure.objects.get().type == "siae-ei"
    assert "EI est retenu, ACI, Département laissé" in journal.lignes.get(action="remarque").raison


def test_un_etablissement_de_finess_est_reconnu_par_son_siret(
    petite_normandie: SimpleNamespace, tmp_path: Path
) -> None:
    esat = Structure.objects.create(
        nom="ESAT Les Prés", type="esat", commune=petite_normandie.caen, finess="140002536", siret="35600000000048",
        source="finess", provenance={"nom": {"source": "finess"}, "telephone": {"source": "finess"}},
    )  # fmt: skip
    journal = _structures(
        en_json(tmp_path / "s.json", {**STRUCTURE, "nom": "Autre nom", "reseaux_porteurs": ["esat"]})
    )
    esat.refresh_from_db()
    assert journal.compteurs["creees"] == 0
    # What FINESS said stays; what it did not say is filled.
    assert (esat.nom, esat.courriel) == ("ESAT Les Prés", "accueil@exemple.fr")


def test_json_casse_et_ndjson_casse(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    chemin = en_json(tmp_path / "s.json", STRUCTURE, CAP_EMPLOI)
    chemin.write_text(chemin.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    journal = _structures(chemin)
    assert "abîmé ou s’interrompt" in journal.erreur
    assert Structure.objects.count() == 1
    lignes = list(lire_structures(en_ndjson(tmp_path / "s.ndjson", STRUCTURE, "{casse", CAP_EMPLOI)))
    assert [type(lue) for lue in lignes] == [Fiche, Rejet, Fiche]
    with pytest.raises(FichierIllisible):
        reconnaitre(en_json(tmp_path / "autre.json", {"x": 1}))


def test_json_sans_fond(tmp_path: Path) -> None:
    """Thousands of brackets: the cell says nothing, the file is said unreadable; nothing breaks."""
    profonde = {**STRUCTURE, "reseaux_porteurs": "[" * 20_000}
    lues = list(lire_structures(en_csv(tmp_path / "s.csv", profonde, CAP_EMPLOI)))
    assert len(lues) == 2
    assert isinstance(lues[1], Fiche)
    fond = tmp_path / "fond.json"
    fond.write_text('[{"id": ' + "[" * 20_000 + "]" * 20_000 + "}]")
    with pytest.raises(FichierIllisible, match="emboîte"):
        list(lire_structures(fond))


def test_listes_d_un_csv(tmp_path: Path) -> None:
    for ecrite in (
        '["mission-locale"]',
        "{mission-locale,france-service}",
        "mission-locale, caf",
        "mission-locale|caf",
    ):
        lues = list(lire_structures(en_csv(tmp_path / "s.csv", {**STRUCTURE, "reseaux_porteurs": ecrite})))
        assert isinstance(lues[0], Fiche), (ecrite, lues)
        assert lues[0].type == "mission-locale"


def test_lecture_en_memoire_bornee(tmp_path: Path) -> None:
    chemin = tmp_path / "grand.json"
    ligne = en_json(tmp_path / "un.json", STRUCTURE).read_text(encoding="utf-8")[1:-1]
    with chemin.open("w", encoding="utf-8") as flux:
        flux.write("[" + ",".join(ligne.replace("dora--1", f"dora--{rang}") for rang in range(5_000)) + "]")
    tracemalloc.start()
    nombre = sum(isinstance(lue, Fiche) for lue in lire_structures(chemin))
    pointe = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert nombre == 5_000
    assert pointe < 5 * 1024 * 1024


# --------------------------------------------------------------------------------- services


@pytest.fixture
def mission(petite_normandie: SimpleNamespace, tmp_path: Path) -> Structure:
    """The structure of `SERVICE`, imported."""
    _structures(en_json(tmp_path / "structures.json", STRUCTURE, CAP_EMPLOI))
    return Structure.objects.get(type="mission-locale")


@pytest.mark.parametrize("forme", FORMES)
def test_services_de_chaque_forme(mission: Structure, tmp_path: Path, forme: str) -> None:
    chemin = FORMES[forme](tmp_path / "services", SERVICE, {**SERVICE, "id": "dora--s2", "structure_id": "dora--99"})
    assert reconnaitre(chemin).genre == SERVICES
    journal = _services(chemin)
    assert journal.compteurs["creees"] == 1
    assert journal.hors_perimetre == {"service d’une structure absente de l’annuaire": 1}
    service = ServiceRepertorie.objects.get()
    assert service.structure == mission
    assert (service.type, service.frais, service.date_maj) == ("atelier", "gratuit", date(2026, 2, 1))
    assert service.publics == ["jeunes", "personnes-en-situation-de-handicap"]
    assert service.zone_eligibilite == ["14", "14281"]
    assert service.lien == "https://mission.exemple.fr/cv"
    encore = _services(chemin)
    assert (encore.compteurs["inchangees"], encore.compteurs["modifiees"]) == (1, 0)
    assert encore.compteurs["disparues"] == 0


def test_services_modifies_rejetes_et_partis(mission: Structure, tmp_path: Path) -> None:
    autre = {**SERVICE, "id": "dora--s2", "nom": "Permis de conduire"}
    _services(en_json(tmp_path / "a.json", SERVICE, autre, {**SERVICE, "id": "dora--s3", "structure_id": "dora--2"}))
    chemin = en_json(
        tmp_path / "b.json",
        {**SERVICE, "frais": "payant", "structure_id": "dora--2"},
        {**autre, "thematiques": ["numerique"]},
        {**SERVICE, "frais": "payant"},
    )
    for essai in (True, False):
        journal = _services(chemin, essai=essai)
        assert journal.compteurs["modifiees"] == 1
        # « s3 » is gone; « s2 » is not: its line is broken, and it is still in its directory.
        assert journal.compteurs["disparues"] == 1
        raisons = _raisons(journal)
        assert "thematiques\u00a0: valeur inconnue du schéma" in raisons[2]
        assert raisons[3] == "identifiant déjà lu à la ligne 1"
        champs = {champ: (avant, apres) for champ, avant, apres in journal.lignes.get(action="modifiee").champs}
        assert champs["frais"] == ("gratuit", "payant")
        assert ServiceRepertorie.objects.proposes().count() == (3 if essai else 2)
    partie = journal.lignes.get(action="disparue")
    assert partie.numero_cle == "dora--s3"
    # Nothing to decide: nobody is offered to close the structure.
    assert partie.suite == "fermee"
    # Back in the list.
    _services(en_json(tmp_path / "c.json", SERVICE, {**SERVICE, "id": "dora--s3", "structure_id": "dora--2"}))
    assert ServiceRepertorie.objects.get(cle="dora--s3").disparu_le is None
    assert ServiceRepertorie.objects.count() == 3


def test_annuler_un_import_de_services(mission: Structure, tmp_path: Path) -> None:
    autre = {**SERVICE, "id": "dora--s2", "nom": "Permis de conduire"}
    _services(en_json(tmp_path / "a.json", SERVICE, autre))
    avant = list(ServiceRepertorie.objects.order_by("cle").values())
    nouveau = {**SERVICE, "id": "dora--s3", "nom": "Atelier mobilité"}
    journal = _services(
        en_json(tmp_path / "b.json", {**SERVICE, "frais": "payant", "date_maj": "2026-03-01"}, nouveau)
    )
    assert journal.compteurs["disparues"] == 1
    commencer(journal, Import.Etat.ANNULATION)
    annuler(journal)
    assert journal.compteurs["annulation"] == {"retirees": 1, "rendues": 1, "laissees": 0}
    assert list(ServiceRepertorie.objects.order_by("cle").values()) == avant
    assert Structure.objects.ouvertes().count() == 2


def test_un_service_suit_la_structure_gardee_apres_une_fusion(
    mission: Structure, petite_normandie: SimpleNamespace, tmp_path: Path
) -> None:
    gardee = Structure.objects.create(nom="Gardée", type="mission-locale", commune=petite_normandie.caen)
    Structure.objects.filter(pk=mission.pk).update(fusionnee_dans=gardee, fermee_le=date.today())
    _services(en_json(tmp_path / "a.json", SERVICE))
    assert ServiceRepertorie.objects.get().structure == gardee


def test_departement_et_producteur_absents_du_fichier_ne_perdent_rien(mission: Structure, tmp_path: Path) -> None:
    """An extract says nothing of elsewhere."""
    dans_l_eure = {**SERVICE, "id": "dora--s2", "structure_id": "dora--2"}
    autre_producteur = {**SERVICE, "id": "soliguide--1", "source": "soliguide"}
    _services(en_json(tmp_path / "a.json", SERVICE, dans_l_eure, autre_producteur))
    journal = _services(en_json(tmp_path / "b.json", SERVICE))
    assert journal.compteurs["disparues"] == 0
    assert ServiceRepertorie.objects.proposes().count() == 3


def test_commande(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    fichiers = (str(en_json(tmp_path / "s.json", STRUCTURE)), str(en_json(tmp_path / "v.json", SERVICE)))
    sortie = StringIO()
    call_command("importer_data_inclusion", *fichiers, "--essai", stdout=sortie)
    assert not Structure.objects.exists()
    for _ in range(2):
        sortie = StringIO()
        call_command("importer_data_inclusion", *fichiers, stdout=sortie)
    assert sortie.getvalue().count("0 créées, 0 modifiées, 1 inchangées") == 2
    with pytest.raises(CommandError, match="cette commande attend"):
        call_command("importer_data_inclusion", fichiers[1])


def test_mots_du_schema() -> None:
    assert libelle("thematiques", "numerique--acquerir-un-equipement") == "Acquérir un équipement"
    assert libelle("publics", "inconnu") == "inconnu"


def test_les_services_sont_sur_la_page_de_la_structure(mission: Structure, tmp_path: Path, client: Client) -> None:
    adresse = f"/structures/{mission.pk}/"
    assert "Services répertoriés" not in client.get(adresse).content.decode()
    piege = {**SERVICE, "id": "dora--s2", "nom": "<script>alerte</script>"}
    _services(en_json(tmp_path / "a.json", SERVICE, piege))
    page = client.get(adresse).content.decode()
    assert "Services répertoriés" in page
    for mots in ("Atelier", "Gratuit", "Jeunes", "Source\u00a0: dora, mis à jour le", "Téléphoner"):
        assert mots in page
    # The zone in words, and the code of a merged commune is still known.
    assert "Calvados, Thury-Harcourt-le-Hom (Hamars)" in page
    assert "<script>alerte" not in page
    ServiceRepertorie.objects.update(disparu_le=date.today())
    assert "Services répertoriés" not in client.get(adresse).content.decode()


def test_le_bloc_coute_autant_pour_un_service_que_pour_vingt(mission: Structure, tmp_path: Path) -> None:
    def requetes() -> int:
        with CaptureQueriesContext(connection) as lues:
            services_de(mission)
        return len(lues)

    assert requetes() == 1
    _services(en_json(tmp_path / "a.json", SERVICE))
    une = requetes()
    _services(en_json(tmp_path / "b.json", *({**SERVICE, "id": f"dora--s{n}"} for n in range(20))))
    assert requetes() == une <= 5
