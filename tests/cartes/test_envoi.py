"""Map data on the wire: the version that any write beats, encodings, ETag, 304, no cookie, queries counted."""

import gzip
import hashlib
import json
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import brotli
import pytest
from django.db import connection, transaction
from django.test import Client

from cartes import envoi
from cartes.battements import DOMAINES, _tables, poser, tasser, version
from cartes.models import Battement
from offres.models import Besoin, Offre
from structures.models import Public, Structure
from structures.territoires.models import Bassin, Commune, Contour
from tests.cartes.conftest import faire_structures

STRUCTURES = "/cartes/bassins/2808/structures.geojson"
PUBLIQUES = [
    "/cartes/bassins.geojson",
    "/cartes/fond.geojson",
    "/cartes/bassins/2808/fond.geojson",
    STRUCTURES,
    "/cartes/structures.geojson?bbox=0,48,4,50",
]


def _sql(m: SimpleNamespace) -> None:
    with connection.cursor() as curseur:
        curseur.execute("UPDATE structures_structure SET nom = 'Dit à la main' WHERE id = %s", [m.esat.pk])


def _en_masse(m: SimpleNamespace) -> None:
    m.esat.nom = "En masse"
    Structure.objects.bulk_update([m.esat], ["nom"])


ECRITURES: list[tuple[str, Callable[[SimpleNamespace], Any]]] = [
    ("structures", lambda m: m.esat.save()),
    ("structures", lambda m: Structure.objects.filter(pk=m.esat.pk).update(nom="Autrement")),
    ("structures", _en_masse),
    ("structures", _sql),
    ("structures", lambda m: Structure.objects.bulk_create([Structure(nom="X", type="ime", commune=m.evreux)])),
    ("structures", lambda m: m.savs.publics.add(Public.objects.get(pk=m.esat.publics.get().pk))),
    ("territoires", lambda m: Commune.objects.filter(pk=m.evreux.pk).update(bassin=m.bernay.bassin)),
    ("territoires", lambda m: Contour.objects.filter(bassin=m.evreux.bassin).update(geojson="{}")),
    ("territoires", lambda m: Bassin.objects.filter(pk="2808").update(nom="Autre")),
    ("offres", lambda m: Offre.objects.update(volume=1)),
    ("offres", lambda m: m.offre.bassins.add(m.evreux.bassin)),
    ("offres", lambda m: Besoin.objects.all().delete()),
]


@pytest.mark.parametrize(("domaine", "ecrire"), ECRITURES)
def test_toute_ecriture_bat_son_domaine_et_lui_seul(
    monde: SimpleNamespace, domaine: str, ecrire: Callable[[SimpleNamespace], Any]
) -> None:
    avant = {nom: version([nom]) for nom in DOMAINES}
    ecrire(monde)
    battus = {nom for nom in DOMAINES if version([nom]) != avant[nom]}
    assert domaine in battus
    # PostgreSQL counts statements: the one that unties the sheets of a need beats, even when it finds none.
    if connection.vendor == "sqlite":
        assert battus == {domaine}


def test_chaque_table_d_un_domaine_le_bat(db: None) -> None:
    """A table whose trigger is missing would leave the maps as they were."""
    with connection.cursor() as curseur:
        if connection.vendor == "sqlite":
            curseur.execute(
                "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'cartes_bat%'"
            )
            poses = [(table, re.findall(r"AFTER (\w+)", sql)[0], sql) for table, sql in curseur.fetchall()]
        else:
            colonnes = "tgrelid::regclass::text, pg_get_triggerdef(oid)"
            curseur.execute(f"SELECT {colonnes} FROM pg_trigger WHERE tgname LIKE 'cartes_bat%'")  # noqa: S608
            poses = [
                (table, ordre, sql)
                for table, sql in curseur.fetchall()
                for ordre in re.findall(r"INSERT|UPDATE|DELETE", sql)
            ]
    for domaine, noms in DOMAINES.items():
        for table in _tables(noms):
            ordres = {ordre for autre, ordre, sql in poses if autre == table and f"'{domaine}'" in sql}
            assert ordres == {"INSERT", "UPDATE", "DELETE"}, (domaine, table)


def test_un_import_et_une_fusion_battent(monde: SimpleNamespace) -> None:
    from structures.doublons.fusion import fusionner

    avant = version(["structures"])
    fusionner(monde.imes[0], monde.imes[1], par=monde.partenaire)
    assert version(["structures"]) != avant


def test_une_ecriture_defaite_ne_change_rien(monde: SimpleNamespace) -> None:
    avant = version(["structures"])
    with transaction.atomic():
        monde.esat.save()
        assert version(["structures"]) != avant
        transaction.set_rollback(True)
    if connection.vendor == "sqlite":
        assert version(["structures"]) == avant


def test_tasser_ne_fait_jamais_revenir_une_version(monde: SimpleNamespace) -> None:
    lues = {version(["structures"])}
    for _ in range(3):
        Battement.objects.create(domaine="structures", numero=1)
        lues.add(version(["structures"]))
    nombre = Battement.objects.filter(domaine="structures").count()
    assert tasser() >= nombre
    assert version(["structures"]) not in lues
    assert Battement.objects.filter(domaine="structures").count() == 1
    assert tasser() == 0
    avant = version(["structures"])
    monde.esat.save()
    assert version(["structures"]) != avant


def test_une_sauvegarde_remise_ne_fait_jamais_revenir_une_version(monde: SimpleNamespace) -> None:
    """An old backup brings its old rows back, then lives another life: what was kept meanwhile is not its data."""
    sauvees = list(Battement.objects.values())
    lues = {version(["structures"])}
    for _ in range(5):
        monde.esat.save()
        lues.add(version(["structures"]))
    Battement.objects.all().delete()
    Battement.objects.bulk_create([Battement(**ligne) for ligne in sauvees])
    poser()  # what `migrate`, the end of `manage.py restaurer`, does
    for _ in range(5):
        assert version(["structures"]) not in lues
        monde.esat.save()


def test_sans_sa_ligne_un_domaine_n_est_jamais_garde(monde: SimpleNamespace) -> None:
    """On SQLite nothing beats an absent row: what was kept would be sent for ever."""
    Battement.objects.filter(domaine="structures").delete()
    assert version(["structures"]) != version(["structures"])
    poser()
    assert version(["structures"]) == version(["structures"])


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no TRUNCATE")
def test_une_table_videe_d_un_coup_bat(monde: SimpleNamespace) -> None:
    avant = version(["offres"])
    with connection.cursor() as curseur:
        curseur.execute("TRUNCATE offres_besoin_publics")
    assert version(["offres"]) != avant


def test_un_domaine_inconnu_est_refuse(db: None) -> None:
    with pytest.raises(ValueError, match="licornes"):
        version(["licornes"])


@pytest.mark.parametrize("adresse", PUBLIQUES)
def test_trois_codages_trois_etiquettes_les_memes_octets(client: Client, monde: SimpleNamespace, adresse: str) -> None:
    clair = client.get(adresse)
    zip_ = client.get(adresse, headers={"Accept-Encoding": "gzip"})
    br = client.get(adresse, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert (zip_["Content-Encoding"], br["Content-Encoding"]) == ("gzip", "br")
    assert "Content-Encoding" not in clair
    assert gzip.decompress(zip_.content) == brotli.decompress(br.content) == clair.content
    etiquettes = {clair["ETag"], zip_["ETag"], br["ETag"]}
    assert len(etiquettes) == 3
    assert not any(etiquette.startswith("W/") for etiquette in etiquettes)
    for reponse in (clair, zip_, br):
        assert reponse["Vary"] == "Accept-Encoding"
        assert int(reponse["Content-Length"]) == len(reponse.content)
    for etiquette in etiquettes:
        for dite in (etiquette, f'"autre", W/{etiquette}', "*"):
            inchangee = client.get(adresse, headers={"If-None-Match": dite, "Accept-Encoding": "br"})
            assert (inchangee.status_code, inchangee.content, inchangee["ETag"]) == (304, b"", br["ETag"])
    assert client.get(adresse, headers={"If-None-Match": '"autre"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepte", "codage"),
    [("", ""), ("br;q=0, gzip", "gzip"), ("gzip;q=0.5", "gzip"), ("*", "br"), ("identity", ""), ("br;q=x", "")],
)
def test_le_codage_que_le_navigateur_accepte(
    client: Client, monde: SimpleNamespace, accepte: str, codage: str
) -> None:
    assert client.get(STRUCTURES, headers={"Accept-Encoding": accepte}).headers.get("Content-Encoding", "") == codage


@pytest.mark.parametrize("adresse", PUBLIQUES)
def test_sans_temoin(client: Client, monde: SimpleNamespace, adresse: str, django_assert_max_num_queries: Any) -> None:
    """The same for somebody signed in: no session read, none written, nothing in `Vary`."""
    client.force_login(monde.partenaire, backend="django.contrib.auth.backends.ModelBackend")
    client.get(adresse)
    with django_assert_max_num_queries(2):
        reponse = client.get(adresse)
    assert "Cookie" not in reponse["Vary"]
    assert not reponse.cookies
    assert reponse["Cache-Control"].startswith("public")


def test_requetes_a_froid_et_a_chaud(client: Client, monde: SimpleNamespace, django_assert_num_queries: Any) -> None:
    """Cold: the bassin, the version, the structures. Warm, or 304: without the structures. One or many alike."""
    for prefixe in ("GEIQ", "EA"):
        with django_assert_num_queries(3):
            premiere = client.get(STRUCTURES)
        with django_assert_num_queries(2):
            client.get(STRUCTURES)
        with django_assert_num_queries(2):
            inchangee = client.get(STRUCTURES, headers={"If-None-Match": premiere["ETag"]})
        assert inchangee.status_code == 304
        faire_structures(monde.evreux, 40, "geiq", prefixe)


def test_une_ecriture_ailleurs_garde_les_memes_octets(client: Client, monde: SimpleNamespace) -> None:
    """The version changes, not the content: who has it is told so."""
    premiere = client.get(STRUCTURES)
    monde.cap.nom = "Cap emploi de Bernay"
    monde.cap.save()
    assert client.get(STRUCTURES, headers={"If-None-Match": premiere["ETag"]}).status_code == 304


def test_la_memoire_partagee_sert_un_autre_processus(client: Client, monde: SimpleNamespace) -> None:
    corps = client.get(STRUCTURES).content
    envoi._memoire.vider()
    ecrits: list[int] = []

    def ecrire() -> bytes:
        ecrits.append(1)
        return corps

    cle = "structures 2808 ['*']"
    assert envoi.paquet(cle, ("structures", "territoires"), ecrire).brut == corps
    assert not ecrits


def test_une_memoire_dechiree_ou_muette_ne_casse_pas_la_carte(
    client: Client, monde: SimpleNamespace, settings: Any, tmp_path: Path
) -> None:
    """A power cut tears a file of the cache; a server is down: the body is written again."""
    memoire = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    settings.CACHES = {**settings.CACHES, "cartes": memoire}
    corps = client.get(STRUCTURES).content
    fichiers = list(tmp_path.glob("*.djcache"))
    assert len(fichiers) == 2
    for fichier in fichiers:
        fichier.write_bytes(fichier.read_bytes()[:-5])
    envoi._memoire.vider()
    assert client.get(STRUCTURES).content == corps
    muet = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**settings.CACHES, "cartes": muet}
    envoi._memoire.vider()
    assert client.get(STRUCTURES).content == corps


@pytest.mark.parametrize(
    "adresse",
    [
        f"{STRUCTURES}?type=esat",
        "/cartes/structures.geojson?bbox=0,48,4,50",
        "/cartes/noms.json?ids=1",
        "/cartes/integrer/bassins/2808/?type=esat",
        "/cartes/bassins/2808/carte.svg?q=esat",
    ],
)
def test_ce_qu_un_visiteur_choisit_ne_remplit_pas_la_memoire_partagee(
    client: Client, monde: SimpleNamespace, settings: Any, tmp_path: Path, adresse: str
) -> None:
    memoire = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    settings.CACHES = {**settings.CACHES, "cartes": memoire}
    reponse = client.get(adresse)
    assert reponse.status_code == 200
    assert client.get(adresse, headers={"If-None-Match": reponse["ETag"]}).status_code == 304
    assert list(tmp_path.iterdir()) == []
    client.get(STRUCTURES)
    assert len(list(tmp_path.iterdir())) == 2


def test_une_journee_de_modifications_ne_remplit_pas_la_memoire_partagee(
    client: Client, monde: SimpleNamespace, settings: Any, tmp_path: Path
) -> None:
    """In production the server that carries the tasks refuses when it is full: one body per address."""
    memoire = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    settings.CACHES = {**settings.CACHES, "cartes": memoire}
    corps = set()
    for rang in range(10):
        Structure.objects.filter(pk=monde.esat.pk).update(nom=f"ESAT {rang}")
        corps.add(client.get(STRUCTURES).content)
        Structure.objects.filter(pk=monde.cap.pk).update(nom=f"Ailleurs {rang}")
        corps.add(client.get(STRUCTURES).content)
    assert len(corps) == 10
    assert len(list(tmp_path.iterdir())) == 2
    # What stays is what is now: another process reads it.
    envoi._memoire.vider()
    assert b"ESAT 9" in client.get(STRUCTURES).content


def test_la_memoire_est_bornee(monkeypatch: pytest.MonkeyPatch) -> None:
    memoire = envoi._Memoire()
    monkeypatch.setattr(envoi, "MEMOIRE", 1000 + 10 * envoi.ENTREE)
    for rang in range(20):
        memoire.ecrire(str(rang), envoi.Paquet(str(rang), b"x" * 100, b"", b""))
    assert memoire.lire("0") is None
    assert memoire.lire("19") is not None
    assert len(memoire._paquets) == 10


def test_des_millions_de_reponses_minuscules_ne_remplissent_pas_la_memoire(monkeypatch: pytest.MonkeyPatch) -> None:
    """« [] » for each number that exists nowhere: what an entry costs besides its bytes is counted too."""
    memoire = envoi._Memoire()
    monkeypatch.setattr(envoi, "MEMOIRE", 100_000)
    tracemalloc.start()
    try:
        avant, _ = tracemalloc.get_traced_memory()
        for rang in range(3000):
            memoire.ecrire(hashlib.sha256(str(rang).encode()).hexdigest(), envoi.empaqueter(b"[]", vite=True))
        pris = tracemalloc.get_traced_memory()[0] - avant
    finally:
        tracemalloc.stop()
    assert pris < 200_000


def test_les_structures_du_bassin_disent_tout_en_une_fois(client: Client, monde: SimpleNamespace) -> None:
    traces = json.loads(client.get(STRUCTURES).content)["features"]
    assert {"nom", "type", "famille", "commune", "url"} <= traces[0]["properties"].keys()
