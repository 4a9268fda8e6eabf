"""The checks of the numbers: what is right passes, one wrong sign is seen, real lists have no wrong one."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from structures import identifiants
from structures.identifiants import Verdict, defaut, luhn, normaliser_numero, verdict

PARTAGE = Path(__file__).parents[3] / "shared" / "data"

BONS = [
    ("finess", "140002536"),
    ("finess", "2A0000014"),
    ("finess", "970210126"),
    ("siren", "356000000"),
    ("siret", "77568873209716"),
    ("siret", "35600000000048"),
    # La Poste: the sum of the digits is a multiple of five, Luhn does not hold.
    ("siret", "35600000049837"),
    ("uai", "0140006F"),
    ("safir", "14072"),
]


@pytest.mark.parametrize(("genre", "numero"), BONS)
def test_un_bon_numero_passe(genre: str, numero: str) -> None:
    assert verdict(genre, numero) is Verdict.BON
    assert defaut(genre, numero) == ""
    assert getattr(identifiants, f"{genre}_valide")(numero)
    assert getattr(identifiants, f"defaut_{genre}")(numero) == ""


def test_la_poste_et_elle_seule() -> None:
    assert not luhn("35600000049837")
    assert not identifiants.siret_valide("77568873200005")


@pytest.mark.parametrize("numero", ["140002536", "77568873209716"])
def test_un_chiffre_faux_se_voit(numero: str) -> None:
    for rang in range(len(numero)):
        for signe in "0123456789":
            essai = numero[:rang] + signe + numero[rang + 1 :]
            assert luhn(essai) is (essai == numero)


def test_une_lettre_fausse_dit_la_bonne() -> None:
    assert "la lettre serait F" in defaut("uai", "0140006G")
    assert verdict("uai", "0140006G") is Verdict.CLE_FAUSSE


@pytest.mark.parametrize(
    ("genre", "numero", "mots"),
    [
        ("finess", "14000253", "neuf chiffres"),
        ("finess", "140002537", "clé de contrôle"),
        ("siret", "7756887320971", "quatorze chiffres"),
        ("siret", "77568873209717", "clé de contrôle"),
        ("siret", "٣٥٦٠٠٠٠٠٠٠٠٠٤٨", "quatorze chiffres"),
        ("siren", "356000001", "clé de contrôle"),
        ("uai", "014006F", "sept chiffres et une lettre"),
        ("safir", "1407", "cinq chiffres"),
    ],
)
def test_un_mauvais_numero_dit_comment_le_corriger(genre: str, numero: str, mots: str) -> None:
    assert mots in defaut(genre, numero)
    assert not getattr(identifiants, f"{genre}_valide")(numero)


def test_rien_n_est_ni_bon_ni_mauvais() -> None:
    assert verdict("uai", "") is Verdict.VIDE
    assert defaut("uai", "") == ""
    assert not identifiants.uai_valide("")


def test_numero_tel_qu_on_le_tape() -> None:
    assert normaliser_numero(" 775 688 732 097-16 ") == "77568873209716"
    assert normaliser_numero("0140006 f") == "0140006F"


def _reels() -> Iterator[tuple[str, str]]:
    def lignes(nom: str, **options: str) -> Iterator[dict[str, str]]:
        with (PARTAGE / nom).open(encoding="utf-8-sig", newline="") as fichier:
            yield from csv.DictReader(fichier, **options)  # type: ignore[call-overload]

    for ligne in lignes("finess_esms_normandie_2021-01-08.csv"):
        yield "finess", ligne["finess_et"]
        yield "finess", ligne["finess_ej"]
        yield "siret", ligne["siret"]
    for ligne in lignes("ulis_colleges_normandie_2026-06.csv"):
        yield "uai", ligne["uai"]
    for ligne in lignes("france_travail_normandie.csv"):
        yield "safir", ligne["code_safir"]
    for ligne in lignes("geiq_normandie.csv"):
        yield "siret", ligne["siret"]
    for millesime in ("2023", "2026"):
        for ligne in lignes(f"annuaire_education_format_{millesime}.csv", delimiter=";"):
            yield "uai", ligne["Identifiant_de_l_etablissement"]
            yield "siret", ligne["SIREN_SIRET"]


@pytest.mark.skipif(not PARTAGE.is_dir(), reason="données publiques absentes (../shared/data)")
def test_tous_les_numeros_reels_passent() -> None:
    reels = [(genre, numero) for genre, numero in _reels() if numero]
    assert len(reels) > 2700
    assert [(g, n, defaut(g, n)) for g, n in reels if verdict(g, n) is not Verdict.BON] == []


def test_l_administration_ne_tape_pas_un_numero_faux(db: None) -> None:
    from django.contrib import admin
    from django.test import RequestFactory

    from structures.models import Organisme

    formulaire = admin.site._registry[Organisme].get_form(RequestFactory().get("/"))
    assert "clé de contrôle" in str(formulaire({"nom": "A", "siren": "775688733"}).errors["siren"])
    assert formulaire({"nom": "A", "siren": "775688732", "finess_juridique": "750719239"}).is_valid()
    # A register holds a wrong key: the rest of the sheet can still be corrected.
    ancien = Organisme(nom="A", siren="123456789")
    assert formulaire({"nom": "B", "siren": "123456789"}, instance=ancien).is_valid()
