"""An answer as PDF, and the blank form of the questionnaire."""

import io
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pdfua import validate

from offres import operations
from offres.forms.etapes import CONVENTIONS
from offres.models import Besoin, Offre, Service
from offres.papier import imprimer_formulaire, imprimer_reponse
from socle.templatetags.typographie import jour
from structures.models import Public
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


def conforme(octets: bytes, dossier: Path) -> list[Any]:
    """What PDF/UA-1 reproaches to the file."""
    fichier = dossier / "essai.pdf"
    fichier.write_bytes(octets)
    return list(validate(str(fichier)).findings)


def test_les_deux_documents_sont_accessibles(scene: SimpleNamespace, tmp_path: Path) -> None:
    """Full and empty answers, blank form with and without a name: PDF/UA-1 finds nothing to say."""
    assert conforme(imprimer_reponse(scene.une_reponse).pdf, tmp_path) == []
    for genre in ("offres", "besoins"):
        ligne: Any = operations.ajouter_ligne(scene.une_reponse, genre, f.service(), scene.personnes["direction"])
        type(ligne).objects.filter(pk=ligne.pk).update(volume=8, description="Atelier vert", rayonnement="region")
    scene.une_reponse.cooperations = {
        "reseau_emploi": "oui", "partenaires": [{"partenaire": "Mission locale", "objet": "Ateliers", "fin": None}],
    }  # fmt: skip
    assert conforme(imprimer_reponse(scene.une_reponse).pdf, tmp_path) == []
    assert conforme(imprimer_formulaire(scene.une_campagne).pdf, tmp_path) == []
    assert conforme(imprimer_formulaire(scene.une_campagne, scene.structure).pdf, tmp_path) == []


def test_le_formulaire_dit_ou_le_rendre_et_numerote_ses_feuilles(scene: SimpleNamespace) -> None:
    rendu = imprimer_formulaire(scene.une_campagne)
    mots = lire(rendu.pdf)
    coordination = scene.personnes["coordination"]
    assert f"À rendre au plus tard le {jour(scene.une_campagne.fin)}".replace("\xa0", " ") in mots
    assert mots.count(coordination.email) == 2
    # Four sheets, both sides: each detailed line is a sheet of its own, photocopied.
    assert rendu.pages == 8
    for page in range(1, 9):
        assert f"{page}/8" in serre(mots)
    pages = [serre(lire_page(rendu.pdf, page)) for page in range(1, 9)]
    assert serre("Une offre en détail") in pages[4]
    assert serre("Un besoin en détail") in pages[6]


def lire_page(octets: bytes, page: int) -> str:
    sortie = subprocess.run(
        ["pdftotext", "-f", str(page), "-l", str(page), "-", "-"], input=octets, capture_output=True, check=True
    )
    return sortie.stdout.decode()


def test_le_formulaire_garde_est_le_meme_et_suit_chaque_changement(
    scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn once; drawn again as soon as a word of it changes, wherever that word comes from."""
    cache.clear()
    premier = imprimer_formulaire(scene.une_campagne)

    class Atelier(Exception):
        """The program that draws was asked for."""

    def refuser(*_args: Any, **_options: Any) -> None:
        raise Atelier

    monkeypatch.setattr("weasyprint.HTML", refuser)
    assert imprimer_formulaire(scene.une_campagne).pdf == premier.pdf
    # Made for one structure: not kept.
    with pytest.raises(Atelier):
        imprimer_formulaire(scene.une_campagne, scene.structure)
    service = f.service()

    def fin() -> None:
        scene.une_campagne.fin += timedelta(days=1)

    def libelle() -> None:
        service.libelle = "Ateliers ouverts"
        service.save()

    def definition() -> None:
        service.definition = "Une autre définition."
        service.save()

    def unite() -> None:
        service.unite_volume = "places/an"
        service.save()

    def retire() -> None:
        service.actif = False
        service.save()

    def public() -> None:
        Public.objects.filter(pk=Public.objects.actifs()[0].pk).update(libelle="Un autre public")

    def pole() -> None:
        scene.une_campagne.pole.nom = "Pôle renommé"

    def coordination() -> None:
        scene.personnes["coordination"].email = "nouvelle@scene.test"
        scene.personnes["coordination"].save()

    for changement in (fin, libelle, definition, unite, retire, public, pole, coordination):
        changement()
        with pytest.raises(Atelier):
            imprimer_formulaire(scene.une_campagne)


def test_une_reponse_envoyee_puis_rouverte_montre_ce_qui_s_ecrit(scene: SimpleNamespace) -> None:
    """One rule for the screen and the paper: what was sent, else what is being written."""
    reponse = scene.une_reponse
    publiee = f.offre(scene.structure, reponse=reponse, volume=8)
    brouillon = f.offre(scene.structure, reponse=reponse, publiee=False, volume=3)
    f.offre(scene.structure, reponse=reponse, publiee=False, retiree_le=timezone.now())
    f.besoin(scene.autre_structure, volume=4)
    assert list(Offre.objects.de_la_reponse(reponse)) == [brouillon]
    reponse.etat, reponse.soumise_le = "soumise", timezone.now()
    reponse.save()
    assert list(Offre.objects.de_la_reponse(reponse)) == [publiee]
    assert not Besoin.objects.de_la_reponse(reponse)
    reponse.etat = "rouverte"
    assert list(Offre.objects.de_la_reponse(reponse)) == [brouillon]
