"""The front door: for a visitor, for each person; required and error pages."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from pcti import erreurs
from pcti.accueil.views import attentes_de
from socle import prises
from socle.prises import Attente, Encart
from structures.comptes.models import Utilisateur
from structures.models import Adhesion, Structure
from tests.scene import construire_scene


@pytest.fixture
def client_de(db: None) -> Callable[[str], Client]:
    scene = construire_scene()

    def connecter(role: str) -> Client:
        client = Client()
        client.force_login(scene.personnes[role], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return connecter


def texte(client: Client, chemin: str = "/") -> str:
    return str(client.get(chemin).content.decode())


def test_un_visiteur_voit_la_carte_et_des_nombres_vrais(client: Client, client_de: object) -> None:
    page = texte(client)
    assert "2\u00a0bassins d’emploi" in page
    assert f"{Structure.objects.ouvertes().count()}\u00a0structures" in page
    assert reverse("cartes:bassin", args=["2808"]) in page
    assert reverse("account_login") in page
    assert 'href="/verifier/"' in page


def test_la_page_d_un_visiteur_ne_nomme_personne(client: Client, client_de: object) -> None:
    page = texte(client)
    for personne in Utilisateur.objects.all():
        assert personne.email not in page
        assert str(personne) not in page


@pytest.mark.parametrize(
    ("role", "presentes", "absentes"),
    [
        ("membre", ["/offres/", "/fiches/", "/conventions/"], ["/pilotage/", "/administration/"]),
        ("coordination", ["/offres/", "/pilotage/"], ["/administration/"]),
        ("pilotage", ["/pilotage/"], ["/administration/"]),
        ("administration", ["/pilotage/", "/administration/"], []),
    ],
)
def test_le_menu_suit_le_role(
    client_de: Callable[[str], Client], role: str, presentes: list[str], absentes: list[str]
) -> None:
    page = texte(client_de(role), "/aide/")
    entete = page[: page.index("<main")]
    for url in presentes:
        assert f'href="{url}"' in entete
    for url in absentes:
        assert f'href="{url}"' not in entete


def test_le_menu_d_un_visiteur_ne_propose_que_le_public(client: Client, db: None) -> None:
    page = texte(client, "/aide/")
    for url in ("/offres/", "/fiches/", "/conventions/", "/pilotage/", "/administration/"):
        assert f'href="{url}"' not in page


def test_le_menu_dit_ou_l_on_est(client: Client, db: None) -> None:
    page = texte(client, "/cartes/")
    assert page.count('aria-current="page">Cartes</a>') == 1


def test_ce_qui_attend_est_trie_et_borne(client_de: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    def fonction(personne: Utilisateur) -> list[Attente]:
        return [
            *(Attente(f"Ordinaire {n}", "/aide/", date(2026, 1, n), urgence=50) for n in range(9, 0, -1)),
            Attente("Sans date", "/aide/", urgence=50),
            Attente("Urgente", "/aide/", timezone.now(), urgence=10, detail="IME & co"),
        ]

    monkeypatch.setattr(prises.attentes, "_branches", [(1, fonction)])
    titres = [attente.titre for attente in attentes_de(Utilisateur())]
    assert titres == ["Urgente", *(f"Ordinaire {n}" for n in range(1, 10)), "Sans date"]
    page = texte(client_de("membre"))
    assert page.index("Urgente") < page.index("Ordinaire 1") < page.index("Ordinaire 6")
    assert "Ordinaire 7" not in page
    assert "4\u00a0autres actions" in page
    assert "IME &amp; co" in page


def test_rien_n_attend(client_de: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prises.attentes, "_branches", [])
    page = texte(client_de("membre"))
    assert "Rien à faire pour l’instant" in page
    assert "IME Les Tilleuls" in page


def test_une_personne_sans_structure_sait_quoi_faire(client: Client, db: None) -> None:
    client.force_login(
        Utilisateur.objects.create_user("seule@essai.test"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert "Vous n’appartenez à aucune structure" in texte(client)


@pytest.mark.parametrize(
    ("role", "attendu"),
    [
        ("coordination", "/cartes/bassins/2808/"),
        ("pilotage", "Tableau de bord de la région Normandie"),
        ("administration", "Réglages du portail"),
    ],
)
def test_chacun_trouve_son_territoire(client_de: Callable[[str], Client], role: str, attendu: str) -> None:
    page = texte(client_de(role))
    assert attendu in page
    assert "aucune structure" not in page


def test_les_blocs_branches_s_affichent(client_de: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    bloc = Encart("composants/vide.html", {"texte": "Bloc de l’étage du dessus"})
    monkeypatch.setattr(prises.encarts_accueil, "_branches", [(1, lambda personne: [bloc])])
    assert "Bloc de l’étage du dessus" in texte(client_de("membre"))


@pytest.mark.django_db
def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_structures(
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    scene = construire_scene()
    personne = scene.personnes["membre"]
    client = Client()
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    with CaptureQueriesContext(
        connection,
    ) as une:
        client.get("/")
    for rang in range(12):
        structure = Structure.objects.create(nom=f"SESSAD {rang}", type="sessad", commune=scene.autre_commune)
        Adhesion.objects.create(utilisateur=personne, structure=structure, role="membre")
    with CaptureQueriesContext(connection) as plusieurs:
        assert "SESSAD 11" in texte(client)
    assert len(plusieurs) == len(une)


@pytest.mark.parametrize(
    ("chemin", "attendu"),
    [
        ("/accessibilite/", "Défenseur des droits"),
        ("/mentions-legales/", "AGPL-3.0-or-later"),
        ("/donnees-personnelles/", "moins de 5"),
        ("/aide/", "En français facile"),
    ],
)
def test_pages_obligatoires(client: Client, db: None, chemin: str, attendu: str) -> None:
    page = texte(client, chemin)
    assert attendu in page
    assert page.count("<h1") == 1
    accueil = texte(client)
    assert f'href="{chemin}"' in accueil


@pytest.mark.parametrize("chemin", ["/accessibilite/", "/mentions-legales/", "/donnees-personnelles/"])
def test_ce_que_l_exploitant_doit_ecrire_est_marque(client: Client, db: None, chemin: str) -> None:
    assert '<mark class="pcti-a-completer">' in texte(client, chemin)


def test_404_propose_de_chercher(client: Client, db: None) -> None:
    reponse = client.get("/nulle-part/")
    assert reponse.status_code == 404
    assert 'action="/structures/"' in reponse.content.decode()


def test_403_dit_pourquoi(rf: RequestFactory, db: None) -> None:
    requete = rf.get("/")
    requete.user = Utilisateur.objects.create_user("a@essai.test")
    page = erreurs.erreur_403(requete, PermissionDenied("Réservé à la <coordination>."))
    assert page.status_code == 403
    assert "Réservé à la &lt;coordination&gt;." in page.content.decode()
    assert "Qui peut vous donner ce droit" in page.content.decode()


def test_500_sans_base_avec_une_reference(rf: RequestFactory, caplog: pytest.LogCaptureFixture) -> None:
    # No database here (no « db » fixture): a query would fail the test.
    page = erreurs.erreur_500(rf.get("/offres/"))
    assert page.status_code == 500
    reference = caplog.records[-1].getMessage().split("référence ")[1].split(" ")[0]
    assert f"<strong>{reference}</strong>" in page.content.decode()


@pytest.mark.django_db
def test_un_formulaire_sans_jeton_est_refuse_avec_une_explication() -> None:
    client = Client(enforce_csrf_checks=True)
    reponse = client.post(reverse("account_login"), {"login": "a@essai.test"})
    assert reponse.status_code == 403
    assert "Ce formulaire n’est plus valable" in reponse.content.decode()
