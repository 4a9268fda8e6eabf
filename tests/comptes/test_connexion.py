"""Sign-in: by code first, by password else; nothing says whether an account exists."""

import re
import time

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from socle.models import Courriel
from socle.prises import Encart, encarts_connexion
from structures.comptes.models import Utilisateur

pytestmark = pytest.mark.django_db
ADRESSE = "camille@essai.test"


@pytest.fixture(autouse=True)
def _sans_memoire() -> None:
    """The rate limits live in the shared cache."""
    cache.clear()


@pytest.fixture
def camille() -> Utilisateur:
    return Utilisateur.objects.create_user(ADRESSE, "une phrase assez longue", prenom="Camille")


def demander_un_code(client: Client, adresse: str) -> str:
    reponse = client.post(reverse("account_request_login_code"), {"email": adresse}, follow=True)
    assert reponse.status_code == 200
    return str(reponse.content.decode())


def test_connexion_par_code(client: Client, camille: Utilisateur) -> None:
    page = demander_un_code(client, "Camille@Essai.test")
    assert "Entrez le code reçu" in page
    courriel = Courriel.objects.get()
    assert courriel.destinataire == ADRESSE
    code = re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", courriel.texte, re.M)
    assert code, courriel.texte
    assert code[0] in courriel.sujet
    assert "15 minutes" in courriel.texte
    # As people type it.
    reponse = client.post(reverse("account_confirm_login_code"), {"code": code[0].lower().replace("-", " ")})
    assert reponse.status_code == 302
    assert reponse["Location"] == "/"
    assert client.session["_auth_user_id"] == str(camille.pk)


def test_un_autre_code_remplace_le_premier(client: Client, camille: Utilisateur) -> None:
    demander_un_code(client, ADRESSE)
    client.post(reverse("account_confirm_login_code"), {"action": "resend"})
    codes = [re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", c.texte)[0] for c in Courriel.objects.order_by("cree_le")]  # type: ignore[index]
    assert len(set(codes)) == 2
    client.post(reverse("account_confirm_login_code"), {"code": codes[0]})
    assert "_auth_user_id" not in client.session
    client.post(reverse("account_confirm_login_code"), {"code": codes[1]})
    assert "_auth_user_id" in client.session


def test_un_mauvais_code_est_refuse_au_champ(client: Client, camille: Utilisateur) -> None:
    demander_un_code(client, ADRESSE)
    page = client.post(reverse("account_confirm_login_code"), {"code": "AAAA-AAAA"}).content.decode()
    assert "Ce code n’est pas le bon" in page
    assert 'aria-describedby="id_code-aide id_code-erreur"' in page
    assert "_auth_user_id" not in client.session


def test_rien_ne_dit_si_un_compte_existe(camille: Utilisateur) -> None:
    connu, inconnu = Client(), Client()
    autre = "personne@essai.test"
    pages = [demander_un_code(connu, ADRESSE), demander_un_code(inconnu, autre).replace(autre, ADRESSE)]
    jetons = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]+')
    assert jetons.sub(r"\1", pages[0]) == jetons.sub(r"\1", pages[1])
    sujets = dict(Courriel.objects.values_list("destinataire", "sujet"))
    assert sujets[autre] == "Aucun compte à cette adresse sur le portail PCTI Normandie"


def test_mot_de_passe_refuse_de_la_meme_facon(client: Client, camille: Utilisateur) -> None:
    pages = []
    for adresse in (ADRESSE, "personne@essai.test"):
        reponse = client.post(reverse("account_login"), {"login": adresse, "password": "mauvais mot de passe"})
        assert reponse.status_code == 200
        pages.append("L’adresse ou le mot de passe n’est pas le bon." in reponse.content.decode())
    assert pages == [True, True]
    # What was typed stays, but the password.
    assert 'value="personne@essai.test"' in reponse.content.decode()
    assert "mauvais mot de passe" not in reponse.content.decode()


def test_un_compte_ferme_n_entre_pas(client: Client, camille: Utilisateur) -> None:
    camille.is_active = False
    camille.save()
    demander_un_code(client, ADRESSE)
    assert not Courriel.objects.filter(modele="comptes/code_connexion").exists()


def test_les_demandes_de_code_sont_limitees(client: Client, camille: Utilisateur) -> None:
    for _ in range(8):
        client.post(reverse("account_request_login_code"), {"email": ADRESSE})
    assert 0 < Courriel.objects.filter(modele="comptes/code_connexion").count() < 8


def test_mot_de_passe_oublie(client: Client, camille: Utilisateur, settings) -> None:  # type: ignore[no-untyped-def]
    reponse = client.post(reverse("account_reset_password"), {"email": ADRESSE}, headers={"host": "127.0.0.1"})
    assert reponse.status_code == 302
    courriel = Courriel.objects.get()
    liens = re.findall(r"https?://\S+", courriel.texte)
    assert len(liens) == 1
    assert liens[0].startswith(settings.PCTI_URL + "/comptes/password/reset/key/")
    page = client.get(liens[0].removeprefix(settings.PCTI_URL), follow=True)
    assert "Choisir un mot de passe" in page.content.decode()
    adresse = page.redirect_chain[-1][0]
    nouveau = "les pommiers fleurissent en avril"
    reponse = client.post(adresse, {"password1": nouveau, "password2": nouveau})
    assert reponse.status_code == 302
    camille.refresh_from_db()
    assert camille.check_password(nouveau)
    # The link serves once.
    assert (
        "Ce lien ne sert plus" in Client().get(liens[0].removeprefix(settings.PCTI_URL), follow=True).content.decode()
    )


def test_personne_ne_s_inscrit_seul(client: Client) -> None:
    reponse = client.post(reverse("account_signup"), {"email": "x@essai.test", "password1": "une phrase assez longue"})
    assert "Les comptes s’ouvrent sur invitation" in reponse.content.decode()
    assert not Utilisateur.objects.exists()


def test_la_deconnexion_demande_un_envoi(client: Client, camille: Utilisateur) -> None:
    client.force_login(camille, backend="django.contrib.auth.backends.ModelBackend")
    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_la_page_montre_les_blocs_branches(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bloc = Encart("composants/vide.html", {"texte": "Bloc <branché>"})
    monkeypatch.setattr(encarts_connexion, "_branches", [(1, lambda request: [bloc])])
    assert "Bloc &lt;branché&gt;" in client.get(reverse("account_login")).content.decode()


def test_une_suite_etrangere_n_est_pas_suivie(client: Client, camille: Utilisateur) -> None:
    adresse = reverse("account_login") + "?next=https://ailleurs.test/"
    reponse = client.post(adresse, {"login": ADRESSE, "password": "une phrase assez longue"})
    assert not reponse.get("Location", "").startswith("https://ailleurs")


def test_les_courriels_de_connexion_sont_sans_html_sauvage(rf: RequestFactory) -> None:
    from structures.comptes.adaptateur import AdaptateurComptes

    AdaptateurComptes(rf.get("/")).send_mail("account/email/unknown_account", "a<b>@essai.test", {})
    courriel = Courriel.objects.get()
    assert "a<b>@essai.test" in courriel.texte
    assert "<b>" not in courriel.html


@pytest.mark.parametrize("page", ["account_request_login_code", "account_reset_password"])
def test_une_boite_ne_se_remplit_pas_de_codes(monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    """Anybody may type anybody's address: patiently, once a minute, all day."""
    maintenant = time.time()
    for tour in range(30):
        monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda tour=tour: maintenant + 61 * tour)
        Client().post(reverse(page), {"email": "quelqu-un@ailleurs.test"})
    assert Courriel.objects.filter(destinataire="quelqu-un@ailleurs.test").count() == 20
