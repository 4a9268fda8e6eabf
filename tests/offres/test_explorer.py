"""Lists, filters, map, export, pages of one line, table by service and bassin."""

import csv
import io
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from offres import cooperations
from offres.comptage import delaisses
from offres.exploration import chez
from offres.models import Besoin, Offre
from offres.views import listes
from structures.models import Public
from tests.offres import fabriques as f


def texte(reponse: Any) -> str:
    assert reponse.status_code == 200
    return str(reponse.content.decode()).replace("\xa0", " ").replace("&nbsp;", " ")


def requetes(client: Client, adresse: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as prises:
        assert client.get(adresse).status_code == 200
    return len(prises)


def contenu(reponse: Any) -> str:
    return b"".join(reponse.streaming_content).decode("utf-8-sig")


@pytest.mark.parametrize(
    "adresse",
    [
        "/offres/",
        "/offres/?q=ime",
        "/offres/?atteint=27229",
        "/offres/?bassin=2808&pole=pole-de-la-scene&famille=medico-social",
        "/offres/besoins/",
        "/offres/besoins/?departement=27",
        "/offres/carte/",
        "/offres/besoins/carte/?bassin=2808",
        "/offres/tableau/",
        "/offres/tableau/?bassin=tous",
        "/offres/tableau/?service=plateaux-techniques&bassin=tous",
        "/offres/tableau/?vue=croisee&bassin=tous",
        "/offres/export/",
        "/offres/export/?format=csv",
        "/offres/besoins/export/?format=xlsx",
        "/offres/tableau/?format=ods",
    ],
)
def test_le_nombre_de_requetes_ne_depend_pas_des_lignes(
    connecte: Client, scene: SimpleNamespace, adresse: str
) -> None:
    """At the first request, when nothing is kept yet, as at the next ones."""
    publics = list(Public.objects.all()[:2])

    def une(rang: int) -> None:
        structure = f.structure(f"IME {rang}", scene.structure.commune)
        f.offre(structure, volume=3, publics=publics)
        f.besoin(structure, volume=5, publics=publics)

    def froide() -> int:
        cache.clear()
        neuf = Client()
        neuf.force_login(scene.personnes["direction"], backend="django.contrib.auth.backends.ModelBackend")
        return requetes(neuf, adresse)

    une(0)
    avec_une = froide(), requetes(connecte, adresse)
    for rang in range(1, 31):
        une(rang)
    assert (froide(), requetes(connecte, adresse)) == avec_une


def test_les_pages_se_suivent_sans_repeter_ni_oublier(connecte: Client, scene: SimpleNamespace) -> None:
    ailleurs = {f.offre(scene.autre_structure, volume=rang).pk for rang in range(1, 31)}
    ici = {f.offre(scene.structure, volume=rang).pk for rang in range(1, 11)}
    vues: list[int] = []
    adresse = "/offres/"
    while adresse:
        page = connecte.get(adresse)
        for _, lignes in page.context["groupes"]:
            vues += [ligne.pk for ligne, _ in lignes]
        adresse = page.context["suite"]
    assert len(vues) == 40
    assert set(vues) == ailleurs | ici


def test_le_bassin_du_lecteur_vient_d_abord(connecte: Client, scene: SimpleNamespace) -> None:
    miens = list(chez(scene.personnes["direction"]).bassins)
    assert miens == ([scene.structure.commune.bassin_id] if scene.structure.commune.bassin_id else [])
    proche = f.offre(scene.structure)
    f.offre(scene.autre_structure)
    groupes = connecte.get("/offres/").context["groupes"]
    if miens:
        assert groupes[0][0] == "Dans votre bassin"
        assert [ligne.pk for ligne, _ in groupes[0][1]][-1] == proche.pk


def test_les_filtres(connecte: Client, scene: SimpleNamespace) -> None:
    public, autre = Public.objects.all()[:2]
    haute = f.besoin(scene.structure, volume=3, priorite="haute", moment_cle="avant", publics=[public])
    basse = f.besoin(scene.structure, "ateliers-tre", volume=3, priorite="basse", publics=[autre])
    tous = f.besoin(scene.structure, "ateliers-numerique", volume=3)

    def lus(requete: str) -> set[int]:
        groupes = connecte.get(f"/offres/besoins/?{requete}").context["groupes"]
        return {ligne.pk for _, lignes in groupes for ligne, _ in lignes}

    assert lus("priorite=haute") == {haute.pk}
    assert lus("moment=avant") == {haute.pk}
    assert lus("service=ateliers-tre") == {basse.pk}
    # Who states no public works with all of them.
    assert lus(f"public={public.slug}") == {haute.pk, tous.pk}
    assert lus("priorite=nulle-part") == {haute.pk, basse.pk, tous.pk}
    assert lus(f"structure={scene.autre_structure.pk}") == set()


def test_les_besoins_auxquels_aucune_offre_ne_repond(connecte: Client, scene: SimpleNamespace) -> None:
    f.besoin(scene.structure, volume=3)
    f.offre(f.structure("Mission", scene.commune, "mission-locale"), volume=3)
    seul = f.besoin(scene.structure, "permanence-conseiller", volume=3)
    assert set(delaisses(Besoin.objects.publiees())) == {seul.pk}

    def lus(requete: str) -> set[int]:
        return {ligne.pk for ligne, _ in connecte.get(f"/offres/besoins/?couverture=sans{requete}").context["lignes"]}

    assert lus("") == {seul.pk}
    assert lus("&service=ateliers-tre") == set()
    assert "Sans offre" in connecte.get("/offres/besoins/?couverture=sans").content.decode()


def test_les_mots_sans_accents(connecte: Client, scene: SimpleNamespace) -> None:
    trouvee = f.offre(scene.structure, description="Découverte des métiers du bâtiment")
    f.offre(scene.structure, "ateliers-tre", description="Rien")
    Offre.objects.filter(pk=trouvee.pk).update(conditions="Main-d’œuvre accueillie sur l’atelier")
    for mots in ("metiers", "DÉCOUVERTE batiment", "oeuvre", "œuvre accueil"):
        groupes = connecte.get("/offres/", {"q": mots}).context["groupes"]
        assert [ligne.pk for _, lignes in groupes for ligne, _ in lignes] == [trouvee.pk]
    assert connecte.get("/offres/", {"q": "etiers"}).context["total"] == 0


def test_qui_vient_jusqu_a_une_commune(connecte: Client, scene: SimpleNamespace) -> None:
    commune = scene.structure.commune
    precise = f.offre(scene.autre_structure, rayonnement="communes", communes=[commune])
    f.offre(scene.autre_structure, rayonnement="communes", communes=[])
    page = connecte.get("/offres/", {"atteint": f"{commune.nom} ({commune.pk})"})
    assert [ligne.pk for _, lignes in page.context["groupes"] for ligne, _ in lignes] == [precise.pk]
    assert f"Jusqu’à {commune.nom}" in texte(page)


def test_les_plus_proches_d_abord_quand_une_commune_est_demandee(
    connecte: Client, scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listes, "PAR_PAGE", 2)
    commune = scene.structure.commune
    loin = [f.offre(scene.autre_structure) for _ in range(3)]
    ici = [f.offre(scene.structure) for _ in range(2)]
    adresse = "/offres/?" + urlencode({"atteint": f"{commune.nom} ({commune.pk})"})
    vues: list[int] = []
    while adresse:
        page = connecte.get(adresse)
        vues += [ligne.pk for ligne, _ in page.context["lignes"]]
        adresse = page.context["suite"]
    assert vues == [ligne.pk for ligne in (*reversed(ici), *reversed(loin))]


def test_la_carte_montre_les_structures_de_la_liste(connecte: Client, scene: SimpleNamespace) -> None:
    f.offre(scene.structure)
    f.offre(scene.structure, "ateliers-tre")
    f.offre(scene.autre_structure)
    page = connecte.get("/offres/carte/")
    assert {structure.pk for structure, _, _ in page.context["places"]} == {
        scene.structure.pk,
        scene.autre_structure.pk,
    }
    dessin = str(page.context["carte"]).replace("\xa0", " ")
    assert f"{scene.structure.nom} : 2 offres" in dessin.replace("&#x27;", "'")
    assert dessin.count('tabindex="-1"') == 2
    filtree = connecte.get("/offres/carte/?service=ateliers-tre")
    assert len(filtree.context["places"]) == 1


def test_l_export_porte_les_colonnes_choisies(connecte: Client, scene: SimpleNamespace) -> None:
    f.besoin(scene.structure, volume=12, priorite="haute", description="=1+1")
    f.besoin(scene.structure, "ateliers-tre", volume=2)
    lu = contenu(connecte.get("/offres/besoins/export/?format=csv&colonne=volume&colonne=priorite&priorite=haute"))
    assert list(csv.reader(io.StringIO(lu), delimiter=";")) == [["Volume", "Priorité"], ["12", "Haute"]]
    assert connecte.get("/offres/besoins/export/?format=exe").status_code == 404
    for format_ in ("xlsx", "ods"):
        assert connecte.get(f"/offres/export/?format={format_}").status_code == 200


def test_la_page_d_une_ligne(connecte: Client, scene: SimpleNamespace) -> None:
    offre = f.offre(scene.autre_structure, volume=8, rayonnement="rayon", rayon_km=20)
    page = texte(connecte.get(f"/offres/{offre.pk}/"))
    assert "8 personnes par an" in page
    assert scene.autre_structure.nom in page
    assert "<svg" in page
    besoin = f.besoin(scene.structure, volume=4)
    assert "Voir qui peut y répondre" in texte(connecte.get(f"/offres/besoins/{besoin.pk}/"))
    autre = f.besoin(scene.autre_structure, volume=4)
    assert "Voir qui peut y répondre" not in texte(connecte.get(f"/offres/besoins/{autre.pk}/"))


def test_une_ligne_non_publiee_n_a_pas_de_page(connecte: Client, scene: SimpleNamespace) -> None:
    offre = f.offre(scene.structure, publiee=False)
    finie = f.offre(scene.structure, fin=f.hier())
    assert connecte.get(f"/offres/{offre.pk}/").status_code == 404
    assert connecte.get(f"/offres/{finie.pk}/").status_code == 404


def test_une_structure_fermee_n_offre_ni_ne_demande_plus_rien(connecte: Client, scene: SimpleNamespace) -> None:
    offre = f.offre(scene.autre_structure, volume=8)
    besoin = f.besoin(scene.structure, volume=4)
    assert list(Offre.objects.candidates_pour(besoin)) == [offre]
    scene.autre_structure.fermee_le = timezone.localdate()
    scene.autre_structure.save()
    assert connecte.get("/offres/").context["total"] == 0
    assert connecte.get(f"/offres/{offre.pk}/").status_code == 404
    assert not list(Offre.objects.candidates_pour(besoin))
    # Opened again, it offers what it offered: nothing was written.
    scene.autre_structure.fermee_le = None
    scene.autre_structure.save()
    assert connecte.get("/offres/").context["total"] == 1


def test_le_tableau_n_ajoute_pas_des_sessions_a_des_personnes(connecte: Client, scene: SimpleNamespace) -> None:
    f.offre(scene.structure, volume=8)
    etrangere = f.offre(scene.structure, volume=100)
    Offre.objects.filter(pk=etrangere.pk).update(unite="sessions/an")
    f.offre(scene.structure, volume_inconnu=True)
    f.besoin(scene.autre_structure, volume=20)
    page = connecte.get("/offres/tableau/?bassin=tous&service=plateaux-techniques")
    rangees = {ligne[0].libelle: ligne[0].cellule for ligne in page.context["rangees"]}
    somme_offerte = sum(c.offert.volume for c in rangees.values())
    assert somme_offerte == 8
    assert sum(c.offert.autres["sessions/an"] for c in rangees.values()) == 100
    assert sum(c.offert.sans_volume for c in rangees.values()) == 1
    service = connecte.get("/offres/tableau/?bassin=tous").context["rangees"]
    cellule = next(ligne[0].cellule for ligne in service if ligne[0].libelle == f.service().libelle)
    assert cellule.ecart == 12
    assert cellule.ecart_en_mots == "Il manque 12\u00a0personnes"


def test_une_cooperation_acceptee_sort_de_l_ecart(connecte: Client, scene: SimpleNamespace) -> None:
    besoin = f.besoin(scene.structure, volume=12)
    offre = f.offre(scene.autre_structure, volume=8)
    directrice = f.membre(scene.autre_structure, "esat@scene.test")
    proposee = cooperations.proposer(besoin, offre, scene.personnes["direction"], "besoin", message="Faisons-le.")
    cooperations.accepter(proposee, directrice)
    page = connecte.get("/offres/tableau/?bassin=tous")
    cellule = next(r[0].cellule for r in page.context["rangees"] if r[0].libelle == f.service().libelle)
    assert (cellule.offert.volume, cellule.offert.reste) == (8, 0)
    assert (cellule.demande.volume, cellule.demande.reste) == (12, 4)
    assert cellule.ecart == 4
    assert "tout est réservé" in texte(connecte.get(f"/offres/{offre.pk}/"))
    assert "dont 4 encore à trouver" in texte(connecte.get(f"/offres/besoins/{besoin.pk}/"))


def test_le_tableau_entier_et_son_fichier(connecte: Client, scene: SimpleNamespace) -> None:
    f.offre(scene.structure, volume=8)
    f.besoin(scene.structure, volume=20)
    assert texte(connecte.get("/offres/tableau/?vue=croisee&bassin=tous"))
    lignes = list(
        csv.reader(io.StringIO(contenu(connecte.get("/offres/tableau/?format=csv&bassin=tous"))), delimiter=";")
    )
    assert len(lignes) == 2
    assert lignes[1][3:12] == ["1", "8", "8", "0", "1", "20", "20", "0", "12"]


def test_autre_service_ne_se_compare_pas(connecte: Client, scene: SimpleNamespace) -> None:
    f.offre(scene.structure, "autre", volume=8, service_autre="Chant")
    f.besoin(scene.structure, "autre", volume=20, service_autre="Danse")
    page = connecte.get("/offres/tableau/?bassin=tous")
    cellule = next(r[0].cellule for r in page.context["rangees"] if r[0].filtre["service"] == "autre")
    assert cellule.ecart is None
    assert Besoin.objects.count() == 1
