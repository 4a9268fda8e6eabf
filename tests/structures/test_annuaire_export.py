"""The export: what is shown, by whom it may be read, in the columns chosen, at once or by the worker."""

import csv
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from socle.models import Travail
from socle.travaux import executer
from structures.annuaire import exports, travaux
from structures.models import Structure
from structures.views import annuaire
from tests.fabriques import une_structure

ClientDe = Callable[..., Client]
EXPORT = "/structures/export/"


def octets(reponse: Any) -> bytes:
    return b"".join(reponse.streaming_content)


def table(client: Client, **parametres: Any) -> list[list[str]]:
    contenu = octets(client.get(EXPORT, {"format": "csv", **parametres})).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(contenu, newline=""), delimiter=";"))


@pytest.fixture
def dossier(settings: Any, tmp_path: Path) -> Path:
    settings.VAR = tmp_path
    return tmp_path / "exports"


def test_exporte_ce_qui_est_montre(scene: SimpleNamespace, client: Client) -> None:
    lignes = table(client, q="esat", colonne=["nom", "commune", "type"])
    assert lignes == [["Nom", "Type", "Commune"], ["ESAT du Bocage", lignes[1][1], "Bernay"]]
    proches = table(client, lieu="49.0241,1.1508", rayon="100", colonne=["nom", "distance"])
    assert proches[0] == ["Nom", "Distance (km)"]
    assert proches[-1] == ["ESAT du Bocage", "40,9"]
    # Without a place, there is no distance to write.
    assert table(client, colonne=["distance", "nom"])[0] == ["Nom"]


@pytest.mark.parametrize("format_", ["csv", "xlsx", "ods"])
def test_les_trois_formats(scene: SimpleNamespace, client: Client, format_: str) -> None:
    une_structure(scene.commune, nom="=1+1", capacite=12, telephone="+33 2 32 31 30 29")
    reponse = client.get(EXPORT, {"format": format_, "colonne": ["nom", "telephone", "capacite"]})
    assert f".{format_}" in reponse.headers["Content-Disposition"]
    if format_ == "csv":
        assert "'=1+1;+33 2 32 31 30 29;12" in octets(reponse).decode()
    else:
        feuille = CalamineWorkbook.from_filelike(io.BytesIO(octets(reponse))).get_sheet_by_index(0)
        assert ["=1+1", "+33 2 32 31 30 29", 12] in feuille.to_python()


def test_le_nom_de_la_personne_suit_la_page(scene: SimpleNamespace, client: Client, client_de: ClientDe) -> None:
    """With consent, to partners; without, to those who may change the sheet; never to a visitor."""
    Structure.objects.filter(pk=scene.structure.pk).update(
        contact_nom="Camille Durand", contact_nom_public=False, contact_consenti_le=None, contact_personne=None
    )
    Structure.objects.filter(pk=scene.autre_structure.pk).update(
        contact_nom="Dominique Leroy",
        contact_nom_public=True,
        contact_consenti_le=timezone.now(),
        contact_personne=None,
    )

    def nommes(qui: Client) -> set[str]:
        lignes = table(qui, colonne=["nom", "contact"])
        return {ligne[-1] for ligne in lignes[1:] if len(ligne) > 1} - {""}

    assert table(client, colonne=["nom", "contact"])[0] == ["Nom"]
    assert table(client, colonne=["contact"])[0][0] == "Nom"
    tous = {"Camille Durand", "Dominique Leroy"}
    attendus = {
        "direction": tous, "membre": tous, "administration": tous, "coordination": tous,
        "pilotage": {"Dominique Leroy"}, "etranger": {"Dominique Leroy"},
    }  # fmt: skip
    for role, noms in attendus.items():
        assert nommes(client_de(scene.personnes[role])) == noms, role


def test_la_page_garde_les_colonnes_dans_l_adresse(scene: SimpleNamespace, client: Client) -> None:
    page = client.get(EXPORT, {"q": "esat", "colonne": ["nom", "siret"], "format": "ods"}, follow=False)
    assert page.headers["Content-Type"].startswith("application/vnd.oasis")
    page = client.get(EXPORT, {"q": "esat", "colonne": ["nom", "siret"]})
    cochees = {colonne.cle for colonne, cochee in page.context["colonnes"] if cochee}
    assert cochees == {"nom", "siret"}
    assert page.context["retour"] == "/structures/?q=esat"
    assert "Personne à contacter" not in page.content.decode()


def test_rien_a_exporter(scene: SimpleNamespace, client: Client) -> None:
    assert "rien à exporter" in client.get(EXPORT, {"q": "introuvable"}).content.decode()


def test_un_long_export_passe_par_l_atelier(
    scene: SimpleNamespace, client: Client, client_de: ClientDe, dossier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked by POST, written by the job, given to the one who asked; a visitor is told to narrow or sign in."""
    monkeypatch.setattr(annuaire, "DIRECT_MAX", 1)
    assert "Au-delà de" in client.get(EXPORT, {"format": "csv"}).content.decode()
    assert client.post(EXPORT, {"format": "csv"}).status_code == 200
    assert not Travail.objects.filter(genre=travaux.GENRE, demandeur=None).exists()
    direction = client_de(scene.personnes["direction"])
    assert "Préparer le fichier" in direction.get(EXPORT, {"format": "csv"}).content.decode()
    # A short one is given at once.
    courte = direction.post(EXPORT, {"format": "xlsx", "colonne": ["nom"], "type": "ime"})
    assert courte.headers["Location"] == EXPORT + "?type=ime&colonne=nom&format=xlsx"
    reponse = direction.post(EXPORT, {"format": "xlsx", "colonne": ["nom"]})
    travail = Travail.objects.exclude(pk=scene.export_annuaire.pk).get(genre=travaux.GENRE)
    assert reponse.headers["Location"] == reverse("socle:travail", args=[travail.pk])
    executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.REUSSI, travail.erreur
    fichier = direction.get(travail.resultat["url"])
    lignes = CalamineWorkbook.from_filelike(io.BytesIO(octets(fichier))).get_sheet_by_index(0).to_python()
    assert [ligne[0] for ligne in lignes] == ["Nom", "ESAT du Bocage", "IME Les Tilleuls", "Mission locale du Pays"]
    assert client_de(scene.personnes["etranger"]).get(travail.resultat["url"]).status_code == 403
    assert [chemin.name for chemin in dossier.iterdir()] == [f"{travail.pk}.xlsx"]


def test_un_export_ne_reste_qu_un_jour(scene: SimpleNamespace, client_de: ClientDe, dossier: Path) -> None:
    direction = client_de(scene.personnes["direction"])
    url = reverse("structures:export_fichier", args=[scene.export_annuaire.pk])
    assert direction.get(url).status_code == 404
    fichier = travaux.fichier(scene.export_annuaire)
    fichier.parent.mkdir(parents=True)
    fichier.write_bytes(b"Nom\r\n")
    assert octets(direction.get(url)) == b"Nom\r\n"
    hier = time.time() - 25 * 3600
    os.utime(fichier, (hier, hier))
    assert travaux.purger() == 1
    assert direction.get(url).status_code == 404


def test_un_compte_ferme_n_exporte_plus(scene: SimpleNamespace, dossier: Path) -> None:
    personne = scene.personnes["direction"]
    personne.is_active = False
    personne.save()
    executer(str(scene.export_annuaire.pk))
    scene.export_annuaire.refresh_from_db()
    assert scene.export_annuaire.etat == Travail.Etat.ECHOUE
    assert not list(dossier.glob("*"))


def test_requetes_constantes(
    scene: SimpleNamespace, client_de: ClientDe, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_de(scene.personnes["coordination"])
    cles = [colonne.cle for colonne in exports.COLONNES]
    octets(client.get(EXPORT, {"format": "csv", "colonne": cles}))
    with CaptureQueriesContext(connection) as avant:
        octets(client.get(EXPORT, {"format": "csv", "colonne": cles}))
    for _ in range(25):
        une_structure(scene.commune)
    with django_assert_num_queries(len(avant)):
        octets(client.get(EXPORT, {"format": "csv", "colonne": cles}))
