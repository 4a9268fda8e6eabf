"""What is taken away: images, a sheet of paper, tables, GeoJSON, with the filters of the page."""

import csv
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone
from odfdo import Document
from openpyxl import load_workbook
from pdfua import validate
from PIL import Image

from cartes import tour
from offres.models import Reponse
from structures.territoires.models import Pole
from tests.cartes.conftest import faire_structures
from tests.offres.fabriques import campagne

BASSIN = "/cartes/bassins/2808/carte."


def rangees(reponse: Any) -> list[dict[str, str]]:
    brut = reponse.getvalue()
    return list(csv.DictReader(io.StringIO(brut.decode("utf-8-sig")), delimiter=";"))


@pytest.mark.parametrize("adresse", ["/cartes/region.svg", f"{BASSIN}svg"])
def test_le_dessin_va_seul(client: Client, monde: SimpleNamespace, adresse: str) -> None:
    reponse = client.get(adresse)
    assert reponse["Content-Type"] == "image/svg+xml"
    assert reponse["Content-Disposition"].startswith("attachment")
    arbre = ElementTree.fromstring(reponse.content)  # noqa: S314 - ours
    texte = " ".join(arbre.itertext())
    assert "Licence Ouverte" in texte
    assert "href" not in reponse.content.decode()


@pytest.mark.parametrize("adresse", ["/cartes/region.png", f"{BASSIN}png"])
def test_l_image_a_la_taille_du_dessin(client: Client, monde: SimpleNamespace, adresse: str) -> None:
    reponse = client.get(adresse)
    assert reponse["Content-Type"] == "image/png"
    image = Image.open(io.BytesIO(reponse.content))
    assert image.width == 1800
    # Not a blank page.
    assert len(image.convert("RGB").getcolors(1 << 16) or []) > 10
    assert client.get(adresse, headers={"If-None-Match": reponse["ETag"]}).status_code == 304


def test_le_tableau_de_la_region(client: Client, monde: SimpleNamespace) -> None:
    lignes = rangees(client.get("/cartes/region.csv?tri=-valeur"))
    assert [(li["Bassin d’emploi"], li["Structures"]) for li in lignes] == [
        ("Évreux", "4"), ("Bernay", "1"), ("Flers", "0"),
    ]  # fmt: skip


@pytest.mark.parametrize("indicateur", ["structures", "densite"])
def test_le_tableau_n_a_pas_deux_fois_la_meme_colonne(client: Client, monde: SimpleNamespace, indicateur: str) -> None:
    reponse = client.get(f"/cartes/region.csv?indicateur={indicateur}")
    entetes = reponse.getvalue().decode("utf-8-sig").splitlines()[0].split(";")
    assert entetes.count("Structures") == 1


@pytest.mark.parametrize("format", ["csv", "xlsx", "ods"])
def test_les_taux_de_la_region_tels_que_montres(client: Client, monde: SimpleNamespace, format: str) -> None:
    """Two answers of three: « 67 % » on the map is 67 in the table, a number for a spreadsheet."""
    ouverte = campagne(Pole.objects.create(nom="Pôle", departement=monde.eure))
    for rang, structure in enumerate([*monde.imes, monde.savs]):
        envoyee = {"etat": "soumise", "soumise_le": timezone.now()} if rang < 2 else {}
        Reponse.objects.create(campagne=ouverte, structure=structure, **envoyee)
    client.force_login(monde.partenaire, backend="django.contrib.auth.backends.ModelBackend")
    taux = lire_table(client.get(f"/cartes/region.{format}?indicateur=reponses").getvalue(), format)
    assert taux["Évreux"] == ("67" if format == "csv" else 67)
    densite = lire_table(client.get(f"/cartes/region.{format}?indicateur=densite").getvalue(), format)
    assert densite["Évreux"] == ("40,0" if format == "csv" else 40)


def lire_table(brut: bytes, format: str) -> dict[Any, Any]:
    """Name → value of the indicator."""
    if format == "csv":
        lignes: list[Any] = list(csv.reader(io.StringIO(brut.decode("utf-8-sig")), delimiter=";"))
    elif format == "xlsx":
        lignes = list(load_workbook(io.BytesIO(brut)).worksheets[0].iter_rows(values_only=True))
    else:
        lignes = Document(io.BytesIO(brut)).body.get_tables()[0].get_values()
    return {ligne[1]: ligne[2] for ligne in lignes[1:]}


def test_les_aires_de_la_region(client: Client, monde: SimpleNamespace) -> None:
    traces = {t["id"]: t for t in json.loads(client.get("/cartes/region.geojson").content)["features"]}
    assert traces["2808"]["properties"]["valeur"] == 4
    assert traces["2808"]["geometry"]["type"] == "Polygon"


@pytest.mark.parametrize("format", ["csv", "svg"])
def test_les_memes_filtres_que_la_page(client: Client, monde: SimpleNamespace, format: str) -> None:
    reponse = client.get(f"{BASSIN}{format}?type=esat")
    corps = reponse.getvalue()
    assert b"ESAT" in corps
    assert b"SAVS" not in corps
    assert client.get(f"{BASSIN}{format}?type=licorne").status_code == 400


def test_les_filtres_des_partenaires_sont_a_eux(client: Client, monde: SimpleNamespace) -> None:
    """Who offers: for whoever signed in; a visitor's parameter means nothing, and nothing is shared."""
    adresse = f"{BASSIN}csv?offre={monde.service.slug}"
    assert len(rangees(client.get(adresse))) == 4
    client.force_login(monde.partenaire, backend="django.contrib.auth.backends.ModelBackend")
    assert [r["Nom"] for r in rangees(client.get(adresse))] == ["ESAT Évreux 0"]
    traces = client.get(f"{BASSIN}geojson?offre={monde.service.slug}")
    assert len(json.loads(traces.content)["features"]) == 1
    assert "private" in traces["Cache-Control"]
    client.logout()
    assert len(json.loads(client.get(f"{BASSIN}geojson?offre={monde.service.slug}").content)["features"]) == 4


def test_la_recherche_aussi(client: Client, monde: SimpleNamespace) -> None:
    assert [r["Nom"] for r in rangees(client.get(f"{BASSIN}csv?q=savs"))] == ["SAVS Évreux 0"]


def test_autour_d_un_lieu(client: Client, monde: SimpleNamespace) -> None:
    """As on the page: within the radius, the structures of the next bassin too; nobody else keeps it."""
    assert "Cap emploi Bernay 0" in {r["Nom"] for r in rangees(client.get(f"{BASSIN}csv?autour=Évreux&rayon=50"))}
    assert {r["Commune"] for r in rangees(client.get(f"{BASSIN}csv?autour=Évreux&rayon=10"))} == {"Évreux"}
    assert "private" in client.get(f"{BASSIN}svg?autour=Évreux&rayon=10")["Cache-Control"]


def test_un_format_inconnu_est_introuvable(client: Client, monde: SimpleNamespace) -> None:
    assert client.get(f"{BASSIN}exe").status_code == 404
    assert client.get("/cartes/region.exe").status_code == 404
    assert client.get("/cartes/bassins/9999/carte.pdf").status_code == 404


def test_un_visiteur_ne_fait_pas_dessiner_sans_fin(client: Client, monde: SimpleNamespace, settings: Any) -> None:
    """Each word of somebody's own is a drawing of seconds: counted for each address, and said in words."""
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "image_de_carte": "2/m/ip"}
    for mot in ("esat", "savs"):
        assert client.get(f"{BASSIN}png?q={mot}").status_code == 200
    for une in (f"{BASSIN}pdf?q=ime", f"{BASSIN}svg?q=ime", "/cartes/ensemble/carte.svg?type=esat"):
        refus = client.get(une)
        assert (refus.status_code, refus["Retry-After"]) == (429, "10"), une
    assert "Beaucoup de cartes" in refus.content.decode()
    # What is drawn already costs nothing, nor does what everybody asks for, nor a table.
    for adresse in (f"{BASSIN}png?q=esat", f"{BASSIN}png", f"{BASSIN}svg", f"{BASSIN}csv?q=ime", "/cartes/region.png"):
        assert client.get(adresse).status_code == 200


def test_un_dessin_a_la_fois(client: Client, monde: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tour, "ATTENTE", 0)
    assert tour._PLACES.acquire(blocking=False)
    assert tour._PLACES.acquire(blocking=False)
    try:
        assert client.get("/cartes/region.png").status_code == 503
        assert client.get("/cartes/region.svg").status_code == 200
    finally:
        tour._PLACES.release()
        tour._PLACES.release()
    # A refusal is not kept, and gives its place back.
    assert [client.get("/cartes/region.png").status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("nombre", [0, 90, 300])
def test_la_feuille_tient_sur_une_page_et_se_lit(
    client: Client, monde: SimpleNamespace, nombre: int, tmp_path: Path
) -> None:
    """Few or many structures: one page, tagged, every commune named."""
    faire_structures(monde.evreux, nombre, "geiq", "Groupement d’employeurs pour l’insertion")
    reponse = client.get(f"{BASSIN}pdf")
    assert reponse["Content-Type"] == "application/pdf"
    fichier = tmp_path / "carte.pdf"
    fichier.write_bytes(reponse.content)
    with pikepdf.open(fichier) as pdf:
        assert len(pdf.pages) == 1
        assert str(pdf.Root.Lang) == "fr"
    assert list(validate(str(fichier)).findings) == []


@pytest.mark.parametrize("adresse", [f"{BASSIN}svg", "/cartes/integrer/bassins/2808/"])
def test_ce_qui_part_dit_que_c_est_une_demonstration(client: Client, monde: SimpleNamespace, adresse: str) -> None:
    """An image, or a frame on another site, has no banner: it says so itself, as the sheet of paper does."""
    assert "fictives" not in client.get(adresse).content.decode()
    type(monde.esat).objects.filter(pk=monde.esat.pk).update(fictive=True)
    assert "Données de démonstration" in client.get(adresse).content.decode()
    assert "Données de démonstration" not in client.get(f"{adresse}?type=savs").content.decode()


@pytest.mark.parametrize("mots", ["%01", "%EF%BF%BE", "%E2%80%AE", "𒀀 esat", "😀 esat"])
@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_des_signes_que_rien_ne_dessine(client: Client, monde: SimpleNamespace, format: str, mots: str) -> None:
    """A visitor's words are written on the image and on the sheet: no sign of theirs breaks them."""
    reponse = client.get(f"{BASSIN}{format}?q={mots}")
    assert reponse.status_code == 200
    if format == "svg":
        assert "Licence Ouverte" in " ".join(ElementTree.fromstring(reponse.content).itertext())  # noqa: S314 - ours


@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_un_nom_importe_avec_un_signe_de_controle(client: Client, monde: SimpleNamespace, format: str) -> None:
    """One name of the database can't take the map of its whole bassin away."""
    type(monde.esat).objects.filter(pk=monde.esat.pk).update(nom="ESAT\x02 d’Évreux\ufffe")
    reponse = client.get(f"{BASSIN}{format}")
    assert reponse.status_code == 200
    if format == "svg":
        ElementTree.fromstring(reponse.content)  # noqa: S314 - ours


@pytest.mark.parametrize("lieu", ["90,0", "-90,180", "89.9,-180", "0,180"])
def test_un_lieu_au_bout_du_monde_garde_une_image_a_sa_taille(
    client: Client, monde: SimpleNamespace, lieu: str
) -> None:
    """Seven hundred million pixels high, the image of a circle around the pole took all the memory."""
    dessin = ElementTree.fromstring(client.get(f"{BASSIN}svg?autour={lieu}&rayon=50").content)  # noqa: S314 - ours
    assert float(dessin.attrib["height"]) < 2000
    assert client.get(f"{BASSIN}png?autour={lieu}&rayon=50").status_code == 200
