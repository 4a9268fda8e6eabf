"""The sheet on paper: two pages, tagged, everything on it, nothing that runs off."""

import io
import re
import shutil
import subprocess
from datetime import date
from types import SimpleNamespace

import pikepdf
import pytest
from django.test import Client

from fiches_action.document import imprimer
from fiches_action.models import Acteur, Etape, FicheAction, Indicateur
from fiches_action.sections import SECTIONS
from tests.fiches_action.fabriques import decor, fiche_remplie, fiche_vide, mettre_a, structure

pytestmark = pytest.mark.django_db


def relire(fiche: FicheAction) -> FicheAction:
    return FicheAction.objects.completes().get(pk=fiche.pk)


def texte(pdf: bytes) -> str:
    """The text a reader copies, on single spaces."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) n’est pas installé")
    sortie = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"\s+", " ", sortie.stdout.decode())


def lourde(scene: SimpleNamespace) -> FicheAction:
    """As long as the forms allow or nearly."""
    fiche = fiche_remplie(scene, paragraphes=14, criteres="Critère. " * 150, zone="Zone. " * 100)
    for rang in range(9):
        autre = structure(scene, f"Établissement au nom assez long pour tenir sur deux lignes numéro {rang}")
        Acteur.objects.create(fiche=fiche, structure=autre, contribution="Une contribution détaillée. " * 8)
        Etape.objects.create(
            fiche=fiche, intitule=f"Étape {rang} " * 8, debut=date(2026, 1, 1), fin=date(2029, 1, 1), ordre=rang + 9
        )
        Indicateur.objects.create(fiche=fiche, intitule=f"Indicateur {rang} " * 6, reference=rang, cible=99)
    return fiche


def test_une_fiche_ordinaire_tient_sur_deux_pages() -> None:
    scene = decor()
    rendu = imprimer(relire(mettre_a(fiche_remplie(scene), "validee")))
    assert rendu.pages == 2
    tout = texte(rendu.pdf)
    for section in SECTIONS:
        assert section.libelle in tout
    for attendu in (
        "Pôle de la scène", "Validée, décision du comité de suivi du 2 mars 2026", "Croiser les regards",
        "IME Les Tilleuls", "Mission locale du Pays", "Présentation des équipes", "Projets validés à deux voix",
        "moins de 5", "personnes/an",
    ):  # fmt: skip
        assert attendu in tout, attendu
    assert re.search(r"1 ?/ ?2", tout)
    assert re.search(r"2 ?/ ?2", tout)
    # Section 1 to 5 on the first page, 6 to 9 on the second.
    assert rendu.ancres["section-5"][0] == 0
    assert [rendu.ancres[f"section-{n}"][0] for n in (6, 7, 8, 9)] == [1, 1, 1, 1]


@pytest.mark.parametrize("paragraphes", [1, 3, 4])
def test_deux_pages_pour_un_texte_court_ou_fourni(paragraphes: int) -> None:
    scene = decor()
    assert imprimer(relire(fiche_remplie(scene, paragraphes=paragraphes))).pages == 2


def test_une_fiche_presque_vide_s_imprime() -> None:
    scene = decor()
    rendu = imprimer(relire(fiche_vide(scene)))
    assert rendu.pages == 2
    assert "À écrire." in texte(rendu.pdf)


def test_une_longue_fiche_continue_sans_rien_couper() -> None:
    scene = decor()
    rendu = imprimer(relire(lourde(scene)))
    assert rendu.pages > 2
    tout = texte(rendu.pdf)
    for rang in range(9):
        assert f"Étape {rang}" in tout
        assert f"Indicateur {rang}" in tout
    with pikepdf.open(io.BytesIO(rendu.pdf)) as pdf:
        assert len(pdf.pages) == rendu.pages


def test_le_pdf_est_balise_et_titre() -> None:
    scene = decor()
    fiche = relire(fiche_remplie(scene))
    with pikepdf.open(io.BytesIO(imprimer(fiche).pdf)) as pdf:
        racine = pdf.Root
        assert bool(racine.MarkInfo.Marked)
        assert "/StructTreeRoot" in racine
        assert str(racine.Lang) == "fr"
        assert bool(racine.ViewerPreferences.DisplayDocTitle)
        assert str(pdf.docinfo["/Title"]) == f"Fiche-action {fiche.reference} – {fiche.titre}"
        roles, images = _arbre(racine.StructTreeRoot)
        assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/P"} <= roles
        assert images
        assert all(images), "chaque image dit ce qu’elle montre"
        polices = {str(police.BaseFont) for page in pdf.pages for police in page.Resources.Font.values()}
    assert all("Spectral" in police for police in polices), polices


def _arbre(noeud: pikepdf.Object) -> tuple[set[str], list[str]]:
    """Roles met in the tree, and the alternative text of each figure."""
    roles: set[str] = set()
    images: list[str] = []
    pile = [noeud]
    while pile:
        courant = pile.pop()
        if isinstance(courant, pikepdf.Array):
            pile.extend(courant)
        elif isinstance(courant, pikepdf.Dictionary):
            role = str(courant.get("/S", ""))
            roles.add(role)
            if role == "/Figure":
                images.append(str(courant.get("/Alt", "")))
            if "/K" in courant:
                pile.append(courant["/K"])
    return roles, images


def test_les_memes_donnees_donnent_les_memes_octets() -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    assert imprimer(relire(fiche)).pdf == imprimer(relire(fiche)).pdf


def test_ce_qui_est_ecrit_ne_devient_pas_du_code() -> None:
    scene = decor()
    mal = '<h1>Faux</h1><img src="file:///etc/passwd"> & <b>'
    fiche = fiche_remplie(scene, enjeux=mal, ressources=mal)
    Acteur.objects.filter(fiche=fiche).update(contribution=mal)
    assert '<img src="file:///etc/passwd">' in texte(imprimer(relire(fiche)).pdf)


def test_la_page_rend_le_pdf() -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    client = Client()
    client.force_login(scene.personnes["membre"], backend="django.contrib.auth.backends.ModelBackend")
    reponse = client.get(f"/fiches/{fiche.reference}/export.pdf")
    assert reponse["Content-Type"] == "application/pdf"
    assert f'filename="{fiche.reference}.pdf"' in reponse["Content-Disposition"]
    assert reponse.content.startswith(b"%PDF-")


def test_un_signe_sans_dessin_n_empeche_pas_d_imprimer() -> None:
    fiche = fiche_remplie(decor(), enjeux="Un sourire \U0001f600 et \u1200, puis la suite.")
    assert "puis la suite" in texte(imprimer(relire(fiche)).pdf)
