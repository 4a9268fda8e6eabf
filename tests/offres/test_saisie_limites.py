"""The questionnaire at its limits: hostile or enormous texts, forged fingerprints, two tabs, a form sent whole."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from offres.enregistrement import empreinte, page_de, valeurs
from offres.models import Besoin, Offre, Reponse
from tests.offres import fabriques as f
from tests.offres.test_questionnaire import adresse, remplir, une_offre
from tests.offres.test_saisie import MODELE, champs, lu, poser
from tests.proprietes import EN_BASE

PAGE_VOLUME = "offres-{}-volume"


@pytest.fixture
def collegue(scene: SimpleNamespace) -> Client:
    client = Client()
    client.force_login(f.membre(scene.structure, "collegue@exemple.test", "membre"), backend=MODELE)
    return client


# --- texts ------------------------------------------------------------------------------------


def test_un_texte_enorme_est_refuse_sans_rien_perdre(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene, conditions="Gratuit")
    page = f"offres-{offre.pk}-conditions"
    r = poser(connecte, scene.une_reponse, page, "conditions", conditions="a" * 1_000_000)
    assert r.status_code == 422
    assert "1000" in str(r.json()["erreurs"]).replace("\u00a0", "")
    assert Offre.objects.get(pk=offre.pk).conditions == "Gratuit"


@pytest.mark.parametrize(
    "texte", ["Atelier 🌳 « vert »", "👩‍🏫 monitrice", "e\u0301te\u0301", "<script>alert(1)</script>", "מוסד"]
)
def test_ce_qui_est_ecrit_revient_et_se_renvoie_sans_conflit(
    connecte: Client, scene: SimpleNamespace, texte: str
) -> None:
    """Sent twice with the same first fingerprint (the answer was lost): written once, no conflict."""
    offre = une_offre(scene)
    page = f"offres-{offre.pk}-conditions"
    avant = lu(connecte, scene.une_reponse, page, "conditions")
    versions = set()
    for _ in range(2):
        r = poser(connecte, scene.une_reponse, page, "conditions", conditions=texte, lu=avant)
        assert r.status_code == 200, r.content
        versions.add(r.json()["version"])
    assert len(versions) == 1
    html = connecte.get(adresse(scene.une_reponse, "offres", offre.pk, "conditions")).content.decode()
    assert "<script>alert" not in html


def test_un_caractere_nul_est_refuse(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    r = poser(connecte, scene.une_reponse, f"offres-{offre.pk}-conditions", "conditions", conditions="a\0b")
    assert r.status_code == 422
    assert connecte.get(champs(scene.une_reponse, "offres-1%00-volume")).status_code in (400, 404)


@pytest.mark.parametrize("forgee", ["", "0", "x" * 100_000, "\0", "../../etc", "é" * 16, "null"])
def test_une_empreinte_forgee_n_ecrase_rien(connecte: Client, scene: SimpleNamespace, forgee: str) -> None:
    offre = une_offre(scene, volume=8)
    r = poser(connecte, scene.une_reponse, PAGE_VOLUME.format(offre.pk), "volume", volume="12", lu=forgee)
    assert r.status_code == 409
    assert Offre.objects.get(pk=offre.pk).volume == 8


@pytest.mark.parametrize("unite", ["version", "csrfmiddlewaretoken", "__class__", "volume\0", "zone", "x" * 10_000])
def test_un_groupe_inconnu_n_ecrit_rien(connecte: Client, scene: SimpleNamespace, unite: str) -> None:
    offre = une_offre(scene, volume=8)
    r = poser(connecte, scene.une_reponse, PAGE_VOLUME.format(offre.pk), unite, volume="12", lu="")
    assert r.status_code == 410
    assert Offre.objects.get(pk=offre.pk).volume == 8


@pytest.mark.parametrize("total", ["-1", "9999999", "abc", "", "31"])
def test_un_compte_de_lignes_forge(connecte: Client, scene: SimpleNamespace, total: str) -> None:
    offre = une_offre(scene)
    donnees = {"ressources-TOTAL_FORMS": total, "ressources-INITIAL_FORMS": "0", "ressources-0-profession": "Moniteur"}
    r = poser(connecte, scene.une_reponse, f"offres-{offre.pk}-ressources", "ressources", **donnees)
    assert r.status_code in (200, 422)
    assert len(Offre.objects.get(pk=offre.pk).ressources) <= 30


def test_sans_jeton_rien_ne_s_ecrit(scene: SimpleNamespace) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(scene.personnes["direction"], backend=MODELE)
    r = strict.post(champs(scene.une_reponse, "structure"), {"unite": "telephone", "telephone": "02", "lu": ""})
    assert r.status_code == 403
    scene.une_reponse.refresh_from_db()
    assert scene.une_reponse.version == 0


def test_les_reponses_d_une_autre_structure_restent_closes(connecte: Client, scene: SimpleNamespace) -> None:
    autre = f.reponse(scene.une_reponse.campagne, scene.autre_structure)
    for page in ("structure", "cooperations", "relecture"):
        assert connecte.get(champs(autre, page)).status_code == 403
        assert connecte.post(champs(autre, page), {"unite": "telephone", "telephone": "02"}).status_code == 403
    assert connecte.get(reverse("offres:apercu_zone", args=[autre.pk])).status_code == 403
    # A line of theirs, asked for under an answer of mine.
    leur = Offre.objects.create(
        reponse=autre, structure=scene.autre_structure, service=f.service(), unite="personnes/an"
    )
    page = PAGE_VOLUME.format(leur.pk)
    assert connecte.get(champs(scene.une_reponse, page)).status_code == 410
    assert poser(connecte, scene.une_reponse, page, "volume", volume="12", lu="").status_code == 410
    leur.refresh_from_db()
    assert leur.volume is None


@EN_BASE
@given(texte=st.text(max_size=400))
def test_l_empreinte_est_celle_de_ce_qui_est_garde(connecte: Client, scene: SimpleNamespace, texte: str) -> None:
    """Whatever is typed: refused, or kept so that the same sending again is neither a write nor a conflict."""
    Offre.objects.filter(reponse=scene.une_reponse).delete()
    offre = une_offre(scene)
    cle = f"offres-{offre.pk}-conditions"
    r = poser(connecte, scene.une_reponse, cle, "conditions", conditions=texte)
    assert r.status_code in (200, 422)
    if r.status_code == 200:
        garde = empreinte(valeurs(page_de(scene.une_reponse, cle), "conditions"))
        assert r.json()["unites"]["conditions"]["lu"] == garde
        encore = poser(connecte, scene.une_reponse, cle, "conditions", conditions=texte, lu="tout autre chose")
        assert encore.status_code == 200
        assert encore.json()["version"] == r.json()["version"]


def test_des_rangees_deja_enregistrees_ne_se_perdent_pas(connecte: Client, scene: SimpleNamespace) -> None:
    """A page read when it had no row: each row is saved as it is left, then the whole form is sent."""
    offre = une_offre(scene)
    page = f"offres-{offre.pk}-ressources"
    rangees = {"ressources-TOTAL_FORMS": "2", "ressources-INITIAL_FORMS": "0", "ressources-0-profession": "Monitrice"}
    assert poser(connecte, scene.une_reponse, page, "ressources", **rangees).status_code == 200
    rangees |= {"ressources-0-etp": "0,5"}
    assert poser(connecte, scene.une_reponse, page, "ressources", **rangees).status_code == 200
    rangees |= {"ressources-1-profession": "Psychologue"}
    assert poser(connecte, scene.une_reponse, page, "ressources", **rangees).status_code == 200
    attendues = [{"profession": "Monitrice", "etp": 0.5}, {"profession": "Psychologue", "etp": None}]
    assert Offre.objects.get(pk=offre.pk).ressources == attendues
    assert remplir(connecte, scene.une_reponse, "offres", offre.pk, "ressources", **rangees).status_code == 302
    assert Offre.objects.get(pk=offre.pk).ressources == attendues


def test_des_partenaires_deja_enregistres_ne_se_perdent_pas(connecte: Client, scene: SimpleNamespace) -> None:
    rangees = {
        "partenaires-TOTAL_FORMS": "1", "partenaires-INITIAL_FORMS": "0",
        "partenaires-0-partenaire": "Cap emploi", "partenaires-0-fin": "2027-12-31",
    }  # fmt: skip
    assert poser(connecte, scene.une_reponse, "cooperations", "partenaires", **rangees).status_code == 200
    assert remplir(connecte, scene.une_reponse, "cooperations", **rangees).status_code == 302
    scene.une_reponse.refresh_from_db()
    assert [p["partenaire"] for p in scene.une_reponse.cooperations["partenaires"]] == ["Cap emploi"]


# --- two tabs of one person -------------------------------------------------------------------


def test_deux_onglets_de_la_meme_personne(connecte: Client, scene: SimpleNamespace) -> None:
    """The second tab is told that it is the person's own writing, and overwrites nothing unseen."""
    page = "structure"
    avant = lu(connecte, scene.une_reponse, page, "telephone")
    premier = poser(connecte, scene.une_reponse, page, "telephone", telephone="02 32 00 00 01", lu=avant)
    assert premier.status_code == 200
    second = poser(connecte, scene.une_reponse, page, "telephone", telephone="02 32 00 00 02", lu=avant)
    assert second.status_code == 409
    assert second.json()["conflit"]["moi"] is True
    scene.structure.refresh_from_db()
    assert scene.structure.telephone == "02 32 00 00 01"


# --- a form sent whole, without script --------------------------------------------------------


def formulaire(client: Client, url: str) -> dict[str, Any]:
    """What a browser without script would send from that page, unchanged."""
    html = client.get(url).content.decode()
    lus = dict(re.findall(r'name="(lu-[a-z_]+)" value="([0-9a-f]*)"', html))
    version = re.search(r'name="version" value="(\d+)"', html)
    assert lus
    assert version is not None
    return {**lus, "version": version[1]}


def test_sans_script_deux_champs_differents_se_melent(
    connecte: Client, collegue: Client, scene: SimpleNamespace
) -> None:
    url = adresse(scene.une_reponse, "structure")
    mien = {**formulaire(connecte, url), "participation": "oui", "file_active": "45", "telephone": "02 32 00 00 01"}
    sien = {**formulaire(collegue, url), "participation": "oui", "file_active": "45", "courriel": "s@exemple.test"}
    assert collegue.post(url, sien).status_code == 302
    assert connecte.post(url, mien).status_code == 302, "personne n’a touché au champ de l’autre"
    scene.structure.refresh_from_db()
    scene.une_reponse.refresh_from_db()
    assert (scene.structure.telephone, scene.structure.courriel) == ("02 32 00 00 01", "s@exemple.test")
    assert scene.une_reponse.etape == 1


def test_sans_script_on_ne_choisit_que_ce_que_les_deux_ont_change(
    connecte: Client, collegue: Client, scene: SimpleNamespace
) -> None:
    offre = une_offre(scene)
    url = adresse(scene.une_reponse, "offres", offre.pk, "conditions")
    mien = {**formulaire(connecte, url), "conditions": "Gratuit", "debut": "2027-09-01", "periodicite": ""}
    sien = {**formulaire(collegue, url), "conditions": "Payant", "periodicite": "mensuelle"}
    collegue.post(url, sien)
    r = connecte.post(url, mien)
    assert r.status_code == 409
    page = r.content.decode()
    assert "Conditions\u00a0: «\u00a0Payant\u00a0»" in page
    assert "Le reste de la page est enregistré" in page
    assert ">Gratuit</textarea>" in re.sub(r"\s+", " ", page).replace("> Gratuit", ">Gratuit")
    offre.refresh_from_db()
    assert (offre.conditions, str(offre.debut), offre.periodicite) == ("Payant", "2027-09-01", "mensuelle")
    assert '<option value="mensuelle" selected>' in page, "ce que l’autre a choisi se voit"
    # Sent again from the page that tells both: it is a choice.
    encore = {
        **dict(re.findall(r'name="(lu-[a-z_]+)" value="([0-9a-f]*)"', page)),
        "version": re.findall(r'name="version" value="(\d+)"', page)[0],
        "conditions": "Gratuit",
        "debut": "2027-09-01",
        "periodicite": "mensuelle",
    }
    assert connecte.post(url, encore).status_code == 302
    offre.refresh_from_db()
    assert (offre.conditions, offre.periodicite) == ("Gratuit", "mensuelle")


def test_sans_script_les_professions_se_melent_aussi(
    connecte: Client, collegue: Client, scene: SimpleNamespace
) -> None:
    offre = une_offre(scene)
    url = adresse(scene.une_reponse, "offres", offre.pk, "ressources")
    vides = {"ressources-TOTAL_FORMS": "2", "ressources-INITIAL_FORMS": "0"}
    mien = {**formulaire(connecte, url), **vides, "lieux": "Atelier"}
    sien = {**formulaire(collegue, url), **vides, "ressources-0-profession": "Moniteur", "ressources-0-etp": "0,5"}
    collegue.post(url, sien)
    assert connecte.post(url, mien).status_code == 302
    offre.refresh_from_db()
    assert offre.lieux == "Atelier"
    assert offre.ressources == [{"profession": "Moniteur", "etp": 0.5}]


def test_un_formulaire_refuse_garde_ce_qui_avait_ete_lu(
    connecte: Client, collegue: Client, scene: SimpleNamespace
) -> None:
    """A mistake, then sent again: what somebody wrote meanwhile is still seen as theirs."""
    url = adresse(scene.une_reponse, "structure")
    mien = {**formulaire(connecte, url), "participation": "oui", "file_active": "quarante", "telephone": ""}
    collegue.post(url, {**formulaire(collegue, url), "participation": "oui", "file_active": "45", "telephone": "02"})
    refuse = connecte.post(url, mien)
    assert refuse.status_code == 422
    html = refuse.content.decode()
    assert dict(re.findall(r'name="(lu-[a-z_]+)" value="([0-9a-f]*)"', html))["lu-telephone"] == mien["lu-telephone"]
    r = connecte.post(url, {**mien, "file_active": "45"})
    assert r.status_code == 302
    scene.structure.refresh_from_db()
    assert scene.structure.telephone == "02", "je n’y avais pas touché"


# --- the time ---------------------------------------------------------------------------------


def test_la_duree_annoncee_est_prevue_puis_mesuree(connecte: Client, scene: SimpleNamespace) -> None:
    assert "environ 15\u00a0minutes" in connecte.get(adresse(scene.une_reponse)).content.decode()
    avant = f.campagne(scene.pole, nom="Recueil mesuré")
    for rang, secondes in enumerate((200, 400, 430, 500, 3000)):
        sienne = f.soumise(avant, f.structure(f"Structure {rang}", scene.structure.commune))
        Reponse.objects.filter(pk=sienne.pk).update(secondes_actives=secondes)
    page = connecte.get(adresse(scene.une_reponse)).content.decode()
    assert "environ 8\u00a0minutes" in page, "la médiane, arrondie à la minute du dessus"
    assert "mesuré sur 5\u00a0réponses" in page
    assert "il reste environ 8\u00a0minutes" in connecte.get(adresse(scene.une_reponse, "structure")).content.decode()


def test_la_coordination_voit_le_temps_median(scene: SimpleNamespace) -> None:
    coordination = Client()
    coordination.force_login(scene.personnes["coordination"], backend=MODELE)
    url = scene.une_campagne.get_absolute_url()
    for rang, secondes in enumerate((100, 200, 290, 400, 5000)):
        sienne = f.soumise(scene.une_campagne, f.structure(f"Structure {rang}", scene.structure.commune))
        Reponse.objects.filter(pk=sienne.pk).update(secondes_actives=secondes, saisie_par_coordination=rang == 0)
    assert "Temps passé à répondre" not in coordination.get(url).content.decode(), "quatre ne suffisent pas"
    Reponse.objects.update(saisie_par_coordination=False)
    assert "Temps passé à répondre\u00a0: 5\u00a0minutes" in coordination.get(url).content.decode()


def test_un_besoin_finit_apres_deux_pages_une_offre_apres_trois(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    remplir(connecte, scene.une_reponse, "offres", offre.pk, "volume", volume="8")
    r = remplir(connecte, scene.une_reponse, "offres", offre.pk, "zone", rayonnement="region", suite="liste")
    assert r.url == adresse(scene.une_reponse, "offres")
    connecte.post(adresse(scene.une_reponse, "besoins", "ajouter"), {"service": "ateliers-numerique"})
    besoin = Besoin.objects.get(reponse=scene.une_reponse)
    assert (
        "Terminer ce besoin"
        in connecte.get(adresse(scene.une_reponse, "besoins", besoin.pk, "volume")).content.decode()
    )
    remplir(connecte, scene.une_reponse, "besoins", besoin.pk, "volume", volume="3", suite="liste")
    remplir(connecte, scene.une_reponse, "structure", participation="oui", file_active="45")
    remplir(connecte, scene.une_reponse, "relecture")
    scene.une_reponse.refresh_from_db()
    assert scene.une_reponse.etat == "soumise"


def test_la_premiere_page_permet_de_ne_pas_repondre(connecte: Client, scene: SimpleNamespace) -> None:
    page = connecte.get(adresse(scene.une_reponse)).content.decode()
    assert reverse("offres:refuser", args=[scene.une_reponse.pk]) in page
