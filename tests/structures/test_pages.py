"""The directory and the sheets: what each person sees, how it is searched, at what cost."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from socle import prises
from structures.models import Public, Structure
from tests.fabriques import une_structure

ClientDe = Callable[..., Client]
LISTE = "/structures/"


def _noms(client: Client, requete: str = "") -> list[str]:
    return [s.nom for s in client.get(LISTE + requete).context["structures"]]


@pytest.mark.parametrize(
    ("mots", "trouvee"),
    [
        ("evreux", True),
        ("ÉVREUX ime", True),
        ("27000", True),
        ("270000001", True),
        ("l'étoile", True),
        ("etoile rouen", False),
        ("esat", False),
    ],
)
def test_recherche_sans_accents(client: Client, scene: SimpleNamespace, mots: str, trouvee: bool) -> None:
    une_structure(scene.commune, nom="IME de l’Étoile", type="ime", finess="270000001", code_postal="27000")
    assert ("IME de l’Étoile" in _noms(client, f"?q={mots}")) is trouvee


def test_filtres_et_puces(client: Client, scene: SimpleNamespace) -> None:
    page = client.get(LISTE, {"famille": "medico-social-adultes", "bassin": "2803"})
    assert [s.nom for s in page.context["structures"]] == ["ESAT du Bocage"]
    assert page.context["nombre"] == 1
    puces = {p.texte: p.url for p in page.context["puces"]}
    assert puces == {"Médico-social, adultes": "?bassin=2803", "Bernay": "?famille=medico-social-adultes"}
    assert '<h2 id="resultats">1\u00a0structure</h2>' in page.content.decode()
    assert _noms(client, "?type=ime") == ["IME Les Tilleuls"]
    assert len(_noms(client, "?departement=27")) == 3


def test_filtre_inconnu_dit_et_ignore(client: Client, scene: SimpleNamespace) -> None:
    page = client.get(LISTE, {"bassin": "9999", "type": "<script>"})
    assert page.status_code == 200
    assert page.context["nombre"] == 3
    assert "Cette valeur n’existe pas" in page.content.decode()
    assert "<script>" not in page.content.decode().split("<main")[1].split("</main>")[0]


def test_rien_ne_correspond(client: Client, scene: SimpleNamespace) -> None:
    page = client.get(LISTE, {"q": "introuvable"}).content.decode()
    assert "Aucune structure" in page
    assert "Retirez un filtre" in page


def test_les_fermees_ne_sont_pas_dans_l_annuaire(client: Client, scene: SimpleNamespace) -> None:
    scene.structure.fermee_le = "2026-01-01"
    scene.structure.save()
    assert scene.structure.nom not in _noms(client)
    assert "Fermée" in client.get(scene.structure.get_absolute_url()).content.decode()


def test_pages_de_suite(client: Client, scene: SimpleNamespace) -> None:
    """Keyset pages: each structure once, in order, even those with the same name."""
    for _ in range(70):
        une_structure(scene.commune, nom="ESAT du même nom")
    vues, url = [], LISTE + "?type=esat"
    while url:
        page = client.get(url)
        vues += [s.pk for s in page.context["structures"]]
        url = LISTE + page.context["suite"] if page.context["suite"] else ""
    assert len(vues) == len(set(vues)) == 71
    assert client.get(LISTE + "?apres=abc").status_code == 200
    assert client.get(LISTE + "?apres=999999999999999999").context["debut"]


def _requetes(client: Client, adresse: str) -> int:
    with CaptureQueriesContext(connection) as prises:
        assert client.get(adresse).status_code == 200
    return len(prises)


def test_requetes_constantes(client: Client, scene: SimpleNamespace) -> None:
    client.get(LISTE)
    avec_une = _requetes(client, LISTE + "?type=esat")
    for _ in range(25):
        une_structure(scene.commune)
    assert _requetes(client, LISTE + "?type=esat") == avec_une <= 8
    assert len(client.get(LISTE + "?type=esat").context["structures"]) == 26


def test_fiche_un_ou_beaucoup_de_publics(client: Client, scene: SimpleNamespace) -> None:
    adresse = scene.structure.get_absolute_url()
    client.get(adresse)
    scene.structure.publics.set(Public.objects.all()[:1])
    avec_un = _requetes(client, adresse)
    scene.structure.publics.set(Public.objects.all())
    assert _requetes(client, adresse) == avec_un <= 5
    assert "Jeunes sortant d’IME ou d’IMPro" in client.get(adresse).content.decode()


def test_visiteur_ne_voit_ni_nom_ni_offre(
    client: Client, scene: SimpleNamespace, client_de: ClientDe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name needs consent and a signed-in reader; plugged blocks learn that nobody is signed in."""
    Structure.objects.filter(pk=scene.structure.pk).update(
        contact_nom="Camille Durand",
        contact_nom_public=True,
        contact_consenti_le="2026-01-01T00:00Z",
        contact_fonction="Secrétariat",
        telephone="02 00 00 00 00",
    )
    recus: list[object] = []

    def encart(structure: object, personne: object) -> list[prises.Encart]:
        recus.append(personne)
        return []

    monkeypatch.setattr(prises.encarts_structure, "_branches", [(1, encart)])
    adresse = scene.structure.get_absolute_url()
    public = client.get(adresse).content.decode()
    assert "Camille Durand" not in public
    assert "Secrétariat" in public
    assert "02 00 00 00 00" in public
    assert "sont réservés aux partenaires" in public
    etranger = client_de(scene.personnes["etranger"])
    assert "Camille Durand" in etranger.get(adresse).content.decode()
    assert recus == [None, scene.personnes["etranger"]]
    Structure.objects.filter(pk=scene.structure.pk).update(contact_nom_public=False)
    assert "Camille Durand" not in etranger.get(adresse).content.decode()
    assert "Camille Durand" in client_de(scene.personnes["membre"]).get(adresse).content.decode()


def test_encart_d_un_etage_superieur(client: Client, scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    encart = prises.Encart("composants/vide.html", {"texte": "Un bloc venu d’ailleurs"})
    monkeypatch.setattr(prises.encarts_structure, "_branches", [(1, lambda structure, personne: [encart])])
    assert "Un bloc venu d’ailleurs" in client.get(scene.structure.get_absolute_url()).content.decode()


def test_alerte_de_commune_pour_qui_peut_la_corriger(
    client: Client, scene: SimpleNamespace, client_de: ClientDe
) -> None:
    Structure.objects.filter(pk=scene.structure.pk).update(alerte_commune="L’adresse dit Bernay.")
    adresse = scene.structure.get_absolute_url()
    assert "L’adresse dit Bernay." not in client.get(adresse).content.decode()
    assert "L’adresse dit Bernay." in client_de(scene.personnes["coordination"]).get(adresse).content.decode()


def test_carte_de_situation(client: Client, scene: SimpleNamespace) -> None:
    adresse = reverse("structures:situation", args=[scene.structure.pk])
    reponse = client.get(adresse)
    assert reponse["Content-Type"] == "image/svg+xml"
    assert b"#1F78B4" in reponse.content
    assert client.get(adresse, headers={"if-none-match": reponse["ETag"]}).status_code == 304


def test_carte_de_situation_d_une_structure_renommee(client: Client, scene: SimpleNamespace) -> None:
    adresse = reverse("structures:situation", args=[scene.structure.pk])
    avant = client.get(adresse)["ETag"]
    Structure.objects.filter(pk=scene.structure.pk).update(nom="Nom d’aujourd’hui")
    reponse = client.get(adresse, headers={"if-none-match": avant})
    assert reponse.status_code == 200
    assert "Nom d’aujourd’hui" in reponse.content.decode()


# --- imports ---------------------------------------------------------------------------------
