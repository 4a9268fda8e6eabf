"""What a body is made of is what its version watches: no table read that could change without a word."""

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from cartes import envoi
from cartes.battements import DOMAINES, _tables
from cartes.indicateurs import INDICATEURS
from structures.models import Structure

BASSIN = "/cartes/bassins/2808/"
CORPS = [
    *(f"/cartes/region.{format}?indicateur={{indicateur}}" for format in ("svg", "geojson")),
    *(f"/cartes/services/{{service}}/carte.{format}?zone={{offre}}" for format in ("svg", "geojson", "json")),
    *(
        f"{BASSIN}carte.{format}?{suite}"
        for format in ("svg", "geojson", "pdf")
        for suite in (
            "",
            "q=esat",
            "autour=Bernay&rayon=50",
            "zone={offre}&liens=oui",
            "offre={service}&repondu=oui",
            "vue=49.2,1.2,10&taille=800x600",
        )
    ),
    *("/cartes/points.json", "/cartes/noms.json?ids=1,2", "/cartes/structures.geojson", "/cartes/ensemble/carte.svg"),
    *("/cartes/bassins.geojson", "/cartes/communes.geojson", "/cartes/fond.geojson", f"{BASSIN}fond.geojson"),
    *(f"{BASSIN}structures.geojson", "/cartes/integrer/", "/cartes/integrer/bassins/2808/?public=p&autour=Bernay"),
]


@pytest.mark.parametrize("adresse", CORPS)
def test_chaque_table_lue_est_surveillee(
    client: Client, lies: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, adresse: str
) -> None:
    """The real function runs; only what it reads meanwhile is written down."""
    client.force_login(lies.pilote, backend="django.contrib.auth.backends.ModelBackend")
    vrai, oubliees, ecrits = envoi.paquet, set(), []

    def noter(cle: str, domaines: Any, ecrire: Callable[[], bytes], **suite: Any) -> Any:
        lues: set[str] = set()

        def lire(executer: Any, sql: str, *autres: Any) -> Any:
            lues.update(re.findall(r'(?:FROM|JOIN) "(\w+)"', sql))
            return executer(sql, *autres)

        def ecrire_en_notant() -> bytes:
            ecrits.append(cle)
            with connection.execute_wrapper(lire):
                return ecrire()

        fait = vrai(cle, domaines, ecrire_en_notant, **suite)
        surveillees = {table for domaine in domaines for table in _tables(DOMAINES[domaine])}
        oubliees.update(lues - surveillees - {"cartes_battement"})
        return fait

    monkeypatch.setattr(envoi, "paquet", noter)
    indicateurs = INDICATEURS if "{indicateur}" in adresse else [""]
    for indicateur in indicateurs:
        mots = {"indicateur": f"{indicateur}&service={lies.service.slug}", "service": lies.service.slug}
        assert client.get(adresse.format(**mots, offre=lies.offre.pk)).status_code == 200
    assert len(ecrits) >= len(indicateurs)
    assert not oubliees


@pytest.mark.parametrize("indicateur", INDICATEURS)
def test_une_fermeture_se_compte_dans_les_fichiers_de_chaque_indicateur(
    client: Client, lies: SimpleNamespace, indicateur: str
) -> None:
    """Beside the indicator stands the number of structures."""
    client.force_login(lies.pilote, backend="django.contrib.auth.backends.ModelBackend")

    def structures() -> int:
        elements = json.loads(client.get(f"/cartes/region.geojson?indicateur={indicateur}").content)["features"]
        return int(next(e["properties"]["structures"] for e in elements if e["properties"]["code"] == "2808"))

    avant = structures()
    Structure.objects.filter(pk=lies.savs.pk).update(fermee_le=timezone.localdate())
    assert structures() == avant - 1
