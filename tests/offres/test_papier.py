"""An answer as PDF, and the blank form of the questionnaire."""

import io
import re
import shutil
import subprocess
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from django.test import Client

from offres import operations
from offres.forms.etapes import CONVENTIONS
from offres.models import Service
from offres.papier import imprimer_formulaire, imprimer_reponse
from tests.offres import fabriques as f


def lire(octets: bytes) -> str:
    """The text a reader copies, on single spaces."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) n’est pas installé")
    sortie = subprocess.run(["pdftotext", "-", "-"], input=octets, capture_output=True, check=True)
    return re.sub(r"\s+", " ", sortie.stdout.decode())


def serre(mots: str) -> str:
    """Without blanks nor hyphens: a line may be cut anywhere."""
    return re.sub(r"[\s-]", "", mots)


def test_une_reponse_en_pdf(connecte: Client, scene: SimpleNamespace) -> None:
    reponse = scene.une_reponse
    ligne: Any = operations.ajouter_ligne(reponse, "offres", f.service(), scene.personnes["direction"])
    type(ligne).objects.filter(pk=ligne.pk).update(volume=8, description="Atelier vert 🌱")
    page = connecte.get(f"/offres/questionnaire/{reponse.pk}/reponse.pdf")
    assert page["Content-Type"] == "application/pdf"
    assert page["Cache-Control"] == "private, no-store"
    mots = lire(page.content)
    assert scene.structure.nom in mots
    assert "8 personnes par an" in mots
    assert "pas encore envoyée" in mots
    with pikepdf.open(io.BytesIO(page.content)) as pdf:
        assert pdf.Root.MarkInfo.Marked


def test_une_reponse_tient_en_trois_pages_et_se_repete_a_l_identique(scene: SimpleNamespace) -> None:
    for service in Service.objects.all()[:8]:
        for genre in ("offres", "besoins"):
            ligne: Any = operations.ajouter_ligne(scene.une_reponse, genre, service, scene.personnes["direction"])
            type(ligne).objects.filter(pk=ligne.pk).update(volume=8, description="Une phrase sur ce service.")
    scene.une_reponse.refresh_from_db()
    rendu = imprimer_reponse(scene.une_reponse)
    assert rendu.pages <= 3
    assert imprimer_reponse(scene.une_reponse).empreinte == rendu.empreinte


def test_le_bandeau_d_une_reponse_fictive(scene: SimpleNamespace) -> None:
    assert "démonstration" not in lire(imprimer_reponse(scene.une_reponse).pdf)
    scene.une_reponse.campagne.demonstration = True
    assert "Données de démonstration" in lire(imprimer_reponse(scene.une_reponse).pdf)


def test_le_formulaire_vierge_pose_les_questions_de_l_ecran(scene: SimpleNamespace) -> None:
    mots = lire(imprimer_formulaire(scene.une_campagne).pdf)
    assert scene.pole.nom in mots
    compact = serre(mots)
    for service in Service.objects.actifs():
        if not service.hors_liste:
            assert serre(service.libelle) in compact
    for question in CONVENTIONS.values():
        assert serre(question) in compact
    assert scene.structure.nom not in mots
    assert scene.structure.nom in lire(imprimer_formulaire(scene.une_campagne, scene.structure).pdf)
