"""The map of a service: reached or not by the one rule of rayonnement, counted by bassin, taken away."""

import csv
import io
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cartes import envoi
from cartes.service import carte_du_service, communes_non_atteintes
from offres.models import Besoin, Offre
from structures.territoires.models import Commune
from tests.cartes.conftest import faire_structures
from tests.cartes.test_pages import connecter, texte


def adresse(m: SimpleNamespace, fin: str = "") -> str:
    return f"/cartes/services/{m.service.slug}/{fin}"


def offrir(m: SimpleNamespace, structure: Any, rayonnement: str, **champs: Any) -> Offre:
    return Offre.objects.create(
        structure=structure, service=m.service, rayonnement=rayonnement, publiee=True, **champs
    )


def absentes(m: SimpleNamespace) -> set[str]:
    return {commune.nom for commune in communes_non_atteintes(m.service)}


def test_chaque_rayonnement(monde: SimpleNamespace) -> None:
    assert absentes(monde) == set()
    Offre.objects.all().delete()
    assert absentes(monde) == {"Évreux", "Bernay", "Flers"}
    offre = offrir(monde, monde.esat, "communes")
    offre.communes.add(monde.flers)
    assert absentes(monde) == {"Évreux", "Bernay"}
    offrir(monde, monde.esat, "bassins").bassins.add(monde.evreux.bassin)
    assert absentes(monde) == {"Bernay"}
    Offre.objects.all().delete()
    # Half a degree of longitude apart at 49° N: 36 km.
    offrir(monde, monde.esat, "rayon", rayon_km=30)
    assert absentes(monde) == {"Bernay", "Flers"}
    offrir(monde, monde.esat, "rayon", rayon_km=40)
    assert absentes(monde) == {"Flers"}


@pytest.mark.parametrize("champs", [{"publiee": False}, {"fin": "2020-01-01"}])
def test_une_offre_qui_n_est_plus_la_n_atteint_personne(monde: SimpleNamespace, champs: dict[str, Any]) -> None:
    Offre.objects.filter(pk=monde.offre.pk).update(**champs)
    assert len(absentes(monde)) == 3


def test_la_regle_est_celle_du_rapprochement(monde: SimpleNamespace) -> None:
    """What the map says unreached, `couvrant` says of each commune."""
    Offre.objects.all().delete()
    offrir(monde, monde.cap, "rayon", rayon_km=20)
    offres = Offre.objects.publiees().filter(service=monde.service)
    attendues = {c.nom for c in Commune.objects.all() if not offres.couvrant(c).exists()}
    assert absentes(monde) == attendues == {"Évreux", "Flers"}


def test_la_page_dit_qui_ou_et_combien(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.all().delete()
    offrir(monde, monde.esat, "rayon", rayon_km=30, volume=2, unite=monde.service.unite_volume)
    page = texte(connecter(client, monde), adresse(monde))
    assert "2\u00a0communes sur 3 hors d’atteinte" in page
    assert "ESAT Évreux 0" in page
    assert "30\u00a0km autour d’Évreux" in page
    assert "url(#manque)" in page
    lignes = {ligne.bassin.nom: ligne for ligne in carte_du_service(monde.service).lignes}
    assert (lignes["Évreux"].offres, lignes["Évreux"].besoins, len(lignes["Évreux"].absentes)) == (1, 1, 0)
    assert lignes["Évreux"].classe.cle == "p2"
    assert lignes["Flers"].classe.cle == "0"
    assert lignes["Flers"].part_des_habitants == 100.0


def test_personne_n_offre(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.all().delete()
    page = texte(connecter(client, monde), adresse(monde))
    assert "Personne n’offre encore ce service" in page
    # Hatching the whole région would say nothing.
    assert "url(#manque)" not in page


def test_l_adresse_du_choix_mene_a_la_carte(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    assert client.get(f"/cartes/services/?service={monde.service.slug}")["Location"] == adresse(monde)
    assert monde.service.libelle in texte(client, "/cartes/services/?service=licorne")
    assert client.get("/cartes/services/licorne/").status_code == 404


def test_emporter(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.all().delete()
    offrir(monde, monde.esat, "rayon", rayon_km=30, volume=2, unite=monde.service.unite_volume)
    connecter(client, monde)
    brut = client.get(adresse(monde, "carte.csv")).getvalue()
    rangees = {r["Bassin d’emploi"]: r for r in csv.DictReader(io.StringIO(brut.decode("utf-8-sig")), delimiter=";")}
    assert rangees["Bernay"]["Noms de ces communes"] == "Bernay"
    traces = json.loads(client.get(adresse(monde, "carte.geojson")).content)["features"]
    assert {t["properties"]["genre"] for t in traces} == {"offre", "besoin", "non atteinte"}
    image = client.get(adresse(monde, "carte.svg"))
    assert b"<svg" in image.content
    # Offers are for partners: no shared cache keeps them.
    assert "private" in image["Cache-Control"]
    assert client.get(adresse(monde, "carte.exe")).status_code == 404


def test_nombre_de_requetes_constant(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    # One of each kind of link, so that every prefetch has something to read.
    offrir(monde, monde.esat, "bassins").bassins.add(monde.evreux.bassin)
    client.get(adresse(monde))
    with CaptureQueriesContext(connection) as peu:
        client.get(adresse(monde))
    for structure in faire_structures(monde.bernay, 12, "geiq", "GEIQ"):
        offrir(monde, structure, "bassins").bassins.add(monde.bernay.bassin)
        Besoin.objects.create(structure=structure, service=monde.service, publiee=True)
    client.get(adresse(monde))
    with CaptureQueriesContext(connection) as beaucoup:
        client.get(adresse(monde))
    assert len(beaucoup) == len(peu), [q["sql"][-200:] for q in beaucoup.captured_queries]
    assert len(beaucoup) <= 27


def donnees(client: Client, m: SimpleNamespace) -> dict[str, Any]:
    return dict(client.get(adresse(m, "carte.json")).json())


def test_la_carte_recoit_les_points_et_les_communes_hors_d_atteinte(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.all().delete()
    offre = offrir(monde, monde.esat, "rayon", rayon_km=30, volume=2, unite=monde.service.unite_volume)
    offre.structure.nom = "L’<b>ESAT</b> des Prés"
    offre.structure.save()
    connecter(client, monde)
    recues = donnees(client, monde)
    points = {point["id"]: point for point in recues["points"]["features"]}
    assert set(points) == {f"offre-{offre.pk}"} | {f"besoin-{b.pk}" for b in Besoin.objects.all()}
    sien = points[f"offre-{offre.pk}"]
    assert sien["properties"]["nom"] == "L’<b>ESAT</b> des Prés"
    assert sien["properties"]["type_libelle"].startswith("Offre\u00a0: 2\u00a0")
    assert sien["geometry"]["coordinates"] == [round(monde.esat.lon, 5), round(monde.esat.lat, 5)]
    assert set(recues["absentes"]) == {monde.bernay.code, monde.flers.code}
    # Every point is a line of the page, and the other way round.
    page = texte(client, adresse(monde))
    assert set(re.findall(r'data-point="([^"]+)"', page)) == set(points)


def test_les_donnees_d_un_service_sont_privees_et_ne_voyagent_qu_une_fois(
    client: Client, monde: SimpleNamespace
) -> None:
    assert client.get(adresse(monde, "carte.json")).status_code == 302
    connecter(client, monde)
    premiere = client.get(adresse(monde, "carte.json"), headers={"Accept-Encoding": "br"})
    assert (premiere["Content-Encoding"], premiere["Cache-Control"]) == ("br", "private, no-cache")
    assert "Content-Disposition" not in premiere
    encore = client.get(adresse(monde, "carte.json"), headers={"If-None-Match": premiere["ETag"]})
    assert (encore.status_code, encore.content) == (304, b"")
    offrir(monde, monde.cap, "region")
    changee = client.get(adresse(monde, "carte.json"), headers={"If-None-Match": premiere["ETag"]})
    assert changee.status_code == 200


def test_personne_n_offre_pas_de_couche_hors_d_atteinte(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.all().delete()
    connecter(client, monde)
    assert donnees(client, monde)["absentes"] == []
    page = texte(client, adresse(monde))
    assert 'value="offres"' in page
    assert 'value="hors"' not in page
    # The outlines of the communes would be for nothing.
    assert "communes.geojson" not in page


def test_les_couches_sont_dans_l_adresse(client: Client, monde: SimpleNamespace) -> None:
    """The drawing, the boxes and the lists say the same thing; what means nothing shows everything."""
    connecter(client, monde)
    tout = texte(client, adresse(monde))
    assert not re.search(r'data-liste-couche="\w+"\s+hidden', tout)
    besoins = texte(client, adresse(monde, "?montrer=besoins"))
    assert re.search(r'data-liste-couche="offres"\s+hidden', besoins)
    assert not re.search(r'data-liste-couche="besoins"\s+hidden', besoins)
    assert "ESAT Évreux 0\u00a0: offre" in tout
    assert "ESAT Évreux 0\u00a0: offre" not in besoins
    rien = texte(client, adresse(monde, "?montrer=rien"))
    assert re.search(r'data-liste-couche="besoins"\s+hidden', rien)


def test_chaque_bassin_s_ouvre_filtre_sur_le_service(client: Client, monde: SimpleNamespace) -> None:
    lignes = {ligne.bassin.nom: ligne for ligne in carte_du_service(monde.service).lignes}
    evreux = lignes["Évreux"]
    assert evreux.url == evreux.url_offres == f"/cartes/bassins/{evreux.bassin.code}/?offre={monde.service.slug}"
    assert evreux.url_besoins == f"/cartes/bassins/{evreux.bassin.code}/?besoin={monde.service.slug}"
    # Nobody there: a filter would show an empty list.
    assert lignes["Flers"].url == f"/cartes/bassins/{lignes['Flers'].bassin.code}/"
    Offre.objects.all().delete()
    lignes = {ligne.bassin.nom: ligne for ligne in carte_du_service(monde.service).lignes}
    assert lignes["Évreux"].url == lignes["Évreux"].url_besoins


def test_les_donnees_coutent_autant_de_requetes_pour_une_ou_pour_cent(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    comptes = []
    for structures in ([], faire_structures(monde.bernay, 12, "geiq", "GEIQ")):
        for structure in structures:
            offrir(monde, structure, "bassins").bassins.add(monde.bernay.bassin)
            Besoin.objects.create(structure=structure, service=monde.service, publiee=True)
        envoi.oublier()
        with CaptureQueriesContext(connection) as a_froid:
            client.get(adresse(monde, "carte.json"))
        with CaptureQueriesContext(connection) as a_chaud:
            client.get(adresse(monde, "carte.json"))
        comptes.append((len(a_froid), len(a_chaud)))
    assert comptes[0] == comptes[1]
    assert comptes[0][1] < comptes[0][0]


def test_les_contours_des_communes_se_lisent_une_fois_pour_tous_les_services(
    client: Client, monde: SimpleNamespace
) -> None:
    connecter(client, monde)
    Offre.objects.all().delete()
    offrir(monde, monde.esat, "rayon", rayon_km=30)
    adresse_ = re.search(r"/cartes/communes\.geojson\?v=[0-9a-f]+", texte(client, adresse(monde)))
    assert adresse_ is not None
    reponse = client.get(adresse_[0])
    assert "immutable" in reponse["Cache-Control"]
    for trace in reponse.json()["features"]:
        commune = Commune.objects.get(pk=trace["id"])
        assert trace["properties"] == {"nom": commune.nom, "bassin": commune.bassin_id}


def test_ni_offert_ni_demande(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.all().delete()
    connecter(client, monde)
    assert "Personne n’offre encore ce service&nbsp;: 1\u00a0besoin attend." in texte(client, adresse(monde))
    Besoin.objects.all().delete()
    page = texte(client, adresse(monde))
    assert "Personne n’offre ni ne cherche encore ce service." in page
    assert page.count("Personne pour l’instant.") == 2


@pytest.mark.parametrize(
    ("montrer", "dits"),
    [
        ("", ["une offre", "un besoin", "communes qu’aucune offre n’atteint"]),
        ("?montrer=offres", ["une offre"]),
        ("?montrer=besoins&montrer=hors", ["un besoin", "communes qu’aucune offre n’atteint"]),
        ("?montrer=rien", []),
    ],
)
def test_l_image_montre_les_couches_de_la_page(
    client: Client, monde: SimpleNamespace, montrer: str, dits: list[str]
) -> None:
    Offre.objects.all().delete()
    offrir(monde, monde.esat, "rayon", rayon_km=30)
    connecter(client, monde)
    image = client.get(adresse(monde, f"carte.svg{montrer}")).content.decode()
    mots = ["une offre", "un besoin", "communes qu’aucune offre n’atteint"]
    assert [mot for mot in mots if f">{mot}<" in image] == dits
    assert ("url(#manque)" in image) == (mots[2] in dits)
    # Without script too, the links of the page carry its layers.
    assert f'carte.svg{montrer.replace("&", "&amp;")}"' in client.get(adresse(monde, montrer)).content.decode()
