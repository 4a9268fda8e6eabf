"""What leaves a bassin's map carries what its page shows: zone, cooperations, circle, for who may see them."""

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pypdfium2
import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from PIL import Image

from cartes.calques import Calques
from cartes.feuille import COMMUNES, NUMEROTEES, SUIVIES, TASSEES, UNE_A_UNE, feuille_du_bassin, grouper
from fiches_action.conventions.models import Convention
from offres.models import Offre
from structures.models import Adhesion, Structure
from structures.territoires.models import CodePostal
from tests.cartes.conftest import faire_structures
from tests.cartes.test_pages import connecter
from tests.offres.fabriques import membre

DESSIN = "/cartes/bassins/2808/carte.svg"
FEUILLE = "/cartes/bassins/2808/carte.pdf"
CADRE = "/cartes/integrer/bassins/2808/"


def entrer(client: Client, personne: Any) -> Client:
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    return client


def mots(svg: bytes) -> str:
    return " ".join(" ".join(ElementTree.fromstring(svg).itertext()).split())  # noqa: S314 - ours


def texte_pdf(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    finally:
        document.close()


def zone_de(monde: SimpleNamespace) -> str:
    Offre.objects.filter(pk=monde.offre.pk).update(rayonnement="rayon", rayon_km=20)
    return f"zone={monde.offre.pk}"


def test_la_zone_se_dessine_et_se_dit(client: Client, monde: SimpleNamespace) -> None:
    zone = zone_de(monde)
    connecter(client, monde)
    sans = client.get(DESSIN)
    avec = client.get(f"{DESSIN}?{zone}")
    assert avec.content.count(b'fill-opacity="0.22"') == 2  # the area, its entry in the legend
    assert b"fill-opacity" not in sans.content
    dits = mots(avec.content)
    assert f"zone couverte par l’offre « {monde.offre.libelle} »" in dits
    assert f"Zone couverte par l’offre « {monde.offre.libelle} », ESAT Évreux 0. À 20 km autour d’Évreux" in dits
    assert "si son centre est dans le cercle" in dits
    assert "private" in avec["Cache-Control"]
    feuille = client.get(f"{FEUILLE}?{zone}").content
    assert "Zone couverte par l’offre" in texte_pdf(feuille)


@pytest.mark.parametrize("zone", ["zone=x", "zone=999999", "zone=²", "zone=99999999999999999999"])
def test_une_zone_qui_n_existe_pas_laisse_la_carte(client: Client, monde: SimpleNamespace, zone: str) -> None:
    reponse = connecter(client, monde).get(f"{DESSIN}?{zone}")
    assert reponse.status_code == 200
    assert b"fill-opacity" not in reponse.content


def test_ni_zone_ni_liens_pour_un_visiteur_ni_pour_un_brouillon(client: Client, lies: SimpleNamespace) -> None:
    """As on the page: offers and cooperations are for partners; an offer that isn't published is for nobody."""
    suite = f"{zone_de(lies)}&liens=oui"
    for adresse in (DESSIN, CADRE):
        corps = client.get(f"{adresse}?{suite}").content.decode()
        assert "fill-opacity" not in corps
        assert "coopération" not in corps
        assert lies.offre.libelle not in corps
    connecter(client, lies)
    assert "fill-opacity" not in client.get(f"{DESSIN}?zone={lies.brouillon.pk}").content.decode()
    # A frame knows nobody, signed in or not.
    corps = client.get(f"{CADRE}?{suite}").content.decode()
    assert "fill-opacity" not in corps
    assert "coopération" not in corps


def test_les_liens_que_l_on_peut_lire(client: Client, lies: SimpleNamespace) -> None:
    entrer(client, membre(lies.esat, "direction@esat.test"))
    dits = mots(client.get(f"{DESSIN}?liens=oui").content)
    assert "2 coopérations tracées entre structures" in dits
    assert "fiche-action (1)" in dits
    assert "convention signée (1)" in dits
    feuille = texte_pdf(client.get(f"{FEUILLE}?liens=oui").content)
    assert "CV-2026-0001 Accueillir des stagiaires" in feuille
    assert "Un brouillon discret" not in feuille


def test_deux_personnes_deux_dessins(client: Client, lies: SimpleNamespace) -> None:
    """Nobody is shown what was kept for another, nor what she may no longer read."""
    lies.fiche.bassins.add(lies.evreux.bassin)
    direction = membre(lies.esat, "direction@esat.test")
    assert "2 coopérations" in mots(entrer(client, direction).get(f"{DESSIN}?liens=oui").content)
    autre = membre(faire_structures(lies.evreux, 1, "geiq", "GEIQ")[0], "direction@geiq.test")
    assert "1 coopération tracée" in mots(entrer(client, autre).get(f"{DESSIN}?liens=oui").content)
    Adhesion.objects.filter(utilisateur=direction).delete()
    assert "2 coopérations" not in mots(entrer(client, direction).get(f"{DESSIN}?liens=oui").content)


def test_une_convention_pas_encore_signee_se_dit_comme_sur_la_page(client: Client, lies: SimpleNamespace) -> None:
    entrer(client, membre(lies.esat, "direction@esat.test"))
    Convention.objects.update(etat="en_signature")
    assert "convention à signer (1)" in mots(client.get(f"{DESSIN}?liens=oui").content)


@pytest.mark.parametrize("ecrire", [lambda: Convention.objects.update(etat="resiliee")])
def test_une_convention_qui_finit_sort_du_dessin(
    client: Client, lies: SimpleNamespace, ecrire: Callable[[], int]
) -> None:
    entrer(client, membre(lies.esat, "direction@esat.test"))
    assert "convention signée" in mots(client.get(f"{DESSIN}?liens=oui").content)
    ecrire()
    assert "convention signée" not in mots(client.get(f"{DESSIN}?liens=oui").content)


def test_le_cercle_sur_le_dessin_la_feuille_et_le_cadre(client: Client, monde: SimpleNamespace) -> None:
    for adresse in (DESSIN, CADRE):
        reponse = client.get(f"{adresse}?autour=Évreux&rayon=10")
        assert "stroke-dasharray" in reponse.content.decode()
        assert "à moins de 10\u00a0km d’Évreux" in reponse.content.decode()
        assert "private" in reponse["Cache-Control"]
    assert "à moins de 10 km d’Évreux" in texte_pdf(client.get(f"{FEUILLE}?autour=Évreux&rayon=10").content)


def test_le_cadre_porte_les_filtres_publics(client: Client, monde: SimpleNamespace) -> None:
    page = client.get(f"{CADRE}?q=savs").content.decode()
    assert "SAVS Évreux 0" in page
    assert "ESAT Évreux 0" not in page
    assert "« savs »" in page.replace("\u00a0", " ")
    # Who offers is for partners: such a filter means nothing here.
    assert "SAVS Évreux 0" in client.get(f"{CADRE}?offre={monde.service.slug}").content.decode()


def test_le_cadre_montre_un_dessin_etroit_et_un_large(client: Client, monde: SimpleNamespace) -> None:
    for adresse in (CADRE, "/cartes/integrer/"):
        page = client.get(adresse).content.decode()
        assert 'viewBox="0 0 380 ' in page
        assert 'viewBox="0 0 640 ' in page
        assert page.count('id="hachures-380"') == page.count('id="hachures-640"') == ("bassins" not in adresse)


def test_la_feuille_dit_fermee_une_structure_fermee(client: Client, lies: SimpleNamespace) -> None:
    """As the list of the page does: nobody should call a closed door."""
    Structure.objects.filter(pk=lies.cap.pk).update(fermee_le="2026-01-01")
    feuille = texte_pdf(entrer(client, lies.pilote).get(f"{FEUILLE}?liens=oui").content)
    assert "Cap emploi Bernay 0 (fermée)" in feuille
    assert "ESAT Évreux 0 (fermée)" not in feuille


@pytest.mark.parametrize("adresse", [DESSIN, CADRE])
def test_les_memes_mots_qui_menent_ailleurs_se_dessinent_ailleurs(
    client: Client, monde: SimpleNamespace, adresse: str
) -> None:
    """What the words mean is read at each request, and may change: what was drawn for the place before is not sent."""
    avant = client.get(f"{adresse}?autour=61200&rayon=10").content
    assert client.get(f"{adresse}?autour=61200&rayon=10").content == avant
    CodePostal.objects.filter(code="61200").update(commune=monde.bernay)
    apres = client.get(f"{adresse}?autour=61200&rayon=10").content
    assert "de 61200 Flers" in avant.decode()
    assert "de 61200 Bernay" in apres.decode()


def test_la_page_donne_le_code_avec_ses_filtres(client: Client, monde: SimpleNamespace, settings: Any) -> None:
    settings.PCTI_INTEGRATION = ["https://partenaire.fr"]
    connecter(client, monde)
    page = client.get(f"/cartes/bassins/2808/?q=savs&type=savs&offre={monde.service.slug}&liens=oui").content.decode()
    # Written for HTML inside a text area: escaped twice.
    assert "/cartes/integrer/bassins/2808/?q=savs&amp;amp;type=savs&quot; title" in page.replace('"', "&quot;")


# ------------------------------------------------------------------------------------ the sheet


def calques(monde: SimpleNamespace) -> Calques:
    requete = RequestFactory().get("/")
    return Calques.lire(requete.GET, monde.evreux.bassin, monde.partenaire, None)


def test_les_numeros_de_la_carte_sont_ceux_de_la_liste(monde: SimpleNamespace) -> None:
    structures = list(Structure.objects.ouvertes().pour_liste())
    une_a_une = grouper(structures, une_a_une=True)
    assert [numero for groupe in une_a_une for numero, _ in groupe.structures] == ["1", "2", "3", "4", "5"]
    assert [groupe.commune.nom for groupe in une_a_une] == ["Bernay", "Évreux"]
    par_commune = grouper(structures, une_a_une=False)
    assert [groupe.numero for groupe in par_commune] == ["1", "2"]


@pytest.mark.parametrize("nombre", [4, NUMEROTEES + 40, 304])
def test_chaque_structure_est_nommee_sur_la_page(monde: SimpleNamespace, nombre: int) -> None:
    """Also when they are 304: one page, every name, and the numbers drawn on the map."""
    faire_structures(monde.evreux, nombre - 4, "geiq", "GEIQ")
    structures = list(Structure.objects.ouvertes().du_bassin("2808").pour_liste())
    rendu = feuille_du_bassin(structures, calques(monde), timezone.localtime(), "")
    assert rendu.pages == 1
    texte = texte_pdf(rendu.pdf)
    assert [s.nom for s in structures if s.nom not in texte] == []


def test_au_dela_les_communes_et_ou_trouver_la_liste(monde: SimpleNamespace, settings: Any) -> None:
    faire_structures(monde.evreux, 900, "geiq", "Groupement d’employeurs pour l’insertion et la qualification")
    structures = list(Structure.objects.ouvertes().du_bassin("2808").pour_liste())
    rendu = feuille_du_bassin(structures, calques(monde), timezone.localtime(), "")
    assert rendu.pages == 1
    texte = texte_pdf(rendu.pdf)
    assert "Évreux : 904" in texte
    assert f"{settings.PCTI_URL}/cartes/bassins/2808/" in texte


def test_jamais_plus_petit_que_six_points_et_demi() -> None:
    assert min(d.corps for d in (*UNE_A_UNE, *SUIVIES, *TASSEES, *COMMUNES) if d.corps) == 6.5


# --------------------------------------------------------------------- all of them, without script


def test_l_image_de_toutes_les_structures(client: Client, monde: SimpleNamespace) -> None:
    adresse = "/cartes/ensemble/carte.svg"
    reponse = client.get(adresse)
    assert "5 structures." in mots(reponse.content)
    assert "Médico-social, enfants (2)" in mots(reponse.content)
    assert client.get(adresse, headers={"If-None-Match": reponse["ETag"]}).status_code == 304
    assert "1 structure." in mots(client.get(f"{adresse}?famille=emploi").content)
    assert 'viewBox="0 0 400 ' in client.get(f"{adresse}?etroite=oui").content.decode()
    assert client.get(f"{adresse}?famille=licorne").status_code == 400
    assert client.get("/cartes/ensemble/carte.pdf").status_code == 404
    faire_structures(monde.evreux, 1, "geiq", "GEIQ")
    assert "6 structures." in mots(client.get(adresse).content)


def test_l_image_a_les_couleurs_des_familles(client: Client, monde: SimpleNamespace) -> None:
    reponse = client.get("/cartes/ensemble/carte.png")
    couleurs = {c for _, c in Image.open(io.BytesIO(reponse.content)).convert("RGB").getcolors(1 << 20) or []}
    for structure in (monde.esat, monde.cap, monde.imes[0]):
        hexa = structure.famille.couleur.lstrip("#")
        assert tuple(int(hexa[i : i + 2], 16) for i in (0, 2, 4)) in couleurs


def test_la_page_sans_script_a_l_image_et_ses_nombres(client: Client, monde: SimpleNamespace) -> None:
    page = client.get("/cartes/ensemble/?famille=emploi").content.decode()
    assert '<img src="/cartes/ensemble/carte.svg?famille=emploi"' in page
    assert 'href="/cartes/bassins/2803/?famille=emploi">Bernay</a>' in page
