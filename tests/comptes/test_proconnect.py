"""ProConnect, against a small provider that speaks as it does over real HTTP."""

import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from socle.models import Courriel
from socle.prises import accueils_sur_invitation
from structures.comptes.adaptateur_social import CLE_A_RATTACHER
from structures.comptes.models import Utilisateur
from tests.fabriques import avec_second_facteur
from tests.proconnect_local import CLIENT, SECRET, ProConnectLocal

pytestmark = pytest.mark.django_db
ADRESSE = "camille@essai.test"


@pytest.fixture
def fournisseur(settings: Any) -> Iterator[ProConnectLocal]:
    cache.clear()
    with ProConnectLocal() as local:
        _regler(settings, local)
        yield local


def _regler(settings: Any, local: ProConnectLocal) -> None:
    settings.PCTI_PROCONNECT_CLIENT_ID, settings.PCTI_PROCONNECT_SECRET = CLIENT, SECRET
    settings.PCTI_PROCONNECT_URL = local.url
    settings.SOCIALACCOUNT_PROVIDERS = {"proconnect": {"APPS": [{"client_id": CLIENT, "secret": SECRET}]}}


@pytest.fixture
def camille() -> Utilisateur:
    return Utilisateur.objects.create_user(ADRESSE)


def aller(client: Client, **question: str) -> str:
    """From the sign-in page to the provider, and the way back that it gives."""
    depart = client.get(reverse("proconnect_login"), question)
    assert depart.status_code == 302
    retour = requests.get(depart["Location"], allow_redirects=False, timeout=5)
    assert retour.status_code == 302, retour.text
    return retour.headers["Location"]


def revenir(client: Client, retour: str) -> Any:
    morceaux = urlsplit(retour)
    return client.get(f"{morceaux.path}?{morceaux.query}")


def connecte(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("algorithme", ["RS256", "ES256"])
def test_une_adresse_connue_entre(client: Client, camille: Utilisateur, settings: Any, algorithme: str) -> None:
    cache.clear()
    with ProConnectLocal(algorithme) as local:
        _regler(settings, local)
        retour = aller(client, next="/aide/")
        assert retour.startswith(settings.PCTI_URL + reverse("proconnect_callback"))
        reponse = revenir(client, retour)
        assert reponse.status_code == 302, reponse.content.decode()[:500]
        assert reponse["Location"] == "/aide/"
    assert client.session["_auth_user_id"] == str(camille.pk)
    assert SocialAccount.objects.get().user == camille
    # The token that ends ProConnect's session stays in ours, never in the database of accounts.
    assert SocialAccount.objects.get().extra_data == {}
    assert Courriel.objects.filter(modele="comptes/securite", destinataire=ADRESSE).count() == 1


def test_rien_de_trop_dans_la_demande(client: Client, fournisseur: ProConnectLocal) -> None:
    depart = client.get(
        reverse("proconnect_login"), {"scope": "siret", "auth_params": "prompt=none", "process": "connect"}
    )
    question = parse_qs(urlsplit(depart["Location"]).query)
    assert set(question) == {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce"}
    assert set(question["scope"][0].split()) == {"openid", "email", "given_name", "usual_name"}
    assert len(question["state"][0]) >= 32
    assert len(question["nonce"][0]) >= 32
    assert question["state"] != question["nonce"]
    # The local provider refuses what it doesn't know, as ProConnect does.
    refus = requests.get(depart["Location"] + "&code_challenge=x", allow_redirects=False, timeout=5)
    assert (refus.status_code, fournisseur.refus) == (400, ["Y000400"])


@pytest.mark.parametrize(
    "anomalie",
    [
        "nonce", "signature", "audience", "emetteur", "expire", "sans_expiration", "hs256", "sans_signature",
        "autre_personne", "userinfo_en_clair",
    ],
)  # fmt: skip
def test_un_mensonge_n_ouvre_rien(
    client: Client, camille: Utilisateur, fournisseur: ProConnectLocal, anomalie: str
) -> None:
    fournisseur.anomalie = anomalie
    reponse = revenir(client, aller(client))
    assert reponse.status_code == 401
    assert "n’a pas abouti" in reponse.content.decode()
    assert not connecte(client)
    assert not SocialAccount.objects.exists()


def test_un_retour_sans_depart_n_ouvre_rien(
    client: Client, camille: Utilisateur, fournisseur: ProConnectLocal
) -> None:
    """Somebody makes another person follow their own way back (the state is not in that session)."""
    retour = aller(Client())
    assert revenir(client, retour).status_code == 401
    assert not connecte(client)


def test_un_retour_ne_sert_qu_une_fois(client: Client, camille: Utilisateur, fournisseur: ProConnectLocal) -> None:
    retour = aller(client)
    assert revenir(client, retour).status_code == 302
    assert revenir(client, retour).status_code == 401


def test_le_fournisseur_muet_se_dit(client: Client, settings: Any, fournisseur: ProConnectLocal) -> None:
    settings.PCTI_PROCONNECT_URL = "http://127.0.0.1:9"
    reponse = client.get(reverse("proconnect_login"))
    assert reponse.status_code == 401
    assert "n’a pas abouti" in reponse.content.decode()


def test_sans_compte_ni_invitation_la_page_l_explique(client: Client, fournisseur: ProConnectLocal) -> None:
    reponse = revenir(client, aller(client))
    page = reponse.content.decode()
    assert reponse.status_code == 403
    assert "Votre identité est reconnue, mais aucune invitation" in page
    assert ADRESSE in page
    assert not connecte(client)
    assert not Utilisateur.objects.exists()


def test_une_invitation_en_attente_ouvre_le_compte_et_mene_a_la_reponse(
    client: Client, fournisseur: ProConnectLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [(1, lambda adresse: "/structures/invitations/" if adresse == ADRESSE else "")]
    monkeypatch.setattr(accueils_sur_invitation, "_branches", pages)
    reponse = revenir(client, aller(client))
    assert reponse["Location"] == "/structures/invitations/"
    compte = Utilisateur.objects.get()
    assert (compte.email, compte.nom_complet) == (ADRESSE, "Camille Aubépine")
    assert connecte(client)


def test_une_adresse_non_verifiee_demande_un_code_une_seule_fois(
    client: Client, camille: Utilisateur, fournisseur: ProConnectLocal
) -> None:
    del fournisseur.identite["email_verified"]
    reponse = revenir(client, aller(client))
    assert reponse.status_code == 403
    assert "prouvez votre adresse" in reponse.content.decode()
    assert not connecte(client)
    assert not SocialAccount.objects.exists()
    client.post(reverse("account_request_login_code"), {"email": ADRESSE})
    texte = Courriel.objects.get(modele="comptes/code_connexion").texte
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", texte)
    assert code
    client.post(reverse("account_confirm_login_code"), {"code": code[0]})
    assert SocialAccount.objects.get().user == camille
    autre = Client()
    assert revenir(autre, aller(autre)).status_code == 302
    assert connecte(autre)


@pytest.mark.parametrize(("apres", "rattachee"), [(60, True), (3_600, False)])
def test_une_identite_laissee_sur_un_ordinateur_ne_s_attache_pas_a_qui_vient_apres(
    client: Client, camille: Utilisateur, fournisseur: ProConnectLocal, apres: int, rattachee: bool
) -> None:
    """Somebody who says to have Camille's address at ProConnect, then leaves; Camille signs in there later."""
    del fournisseur.identite["email_verified"]
    revenir(client, aller(client))
    session = client.session
    session[CLE_A_RATTACHER] = {**session[CLE_A_RATTACHER], "a": int(time.time()) - apres}
    session.save()
    client.post(reverse("account_request_login_code"), {"email": ADRESSE})
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", Courriel.objects.get(modele="comptes/code_connexion").texte)
    assert code
    client.post(reverse("account_confirm_login_code"), {"code": code[0]})
    assert connecte(client)
    assert SocialAccount.objects.exists() is rattachee
    # Whoever gains another way in is told.
    avis = Courriel.objects.filter(modele="comptes/securite", destinataire=ADRESSE)
    assert [courriel.sujet for courriel in avis] == [
        "Votre identité ProConnect est rattachée à votre compte"
    ] * rattachee


def test_un_mot_de_passe_ne_rattache_pas_l_identite_d_un_autre(
    client: Client, camille: Utilisateur, fournisseur: ProConnectLocal
) -> None:
    """Without the code, nothing says that the address is theirs at ProConnect."""
    camille.set_password("une phrase assez longue")
    camille.save()
    fournisseur.identite["email_verified"] = False
    revenir(client, aller(client))
    client.post(reverse("account_login"), {"login": ADRESSE, "password": "une phrase assez longue"})
    assert connecte(client)
    assert not SocialAccount.objects.exists()


def test_un_compte_ferme_reste_ferme(client: Client, camille: Utilisateur, fournisseur: ProConnectLocal) -> None:
    camille.is_active = False
    camille.save()
    revenir(client, aller(client))
    assert not connecte(client)
    assert not SocialAccount.objects.exists()


def test_le_second_facteur_reste_demande(client: Client, camille: Utilisateur, fournisseur: ProConnectLocal) -> None:
    avec_second_facteur(camille)
    assert revenir(client, aller(client))["Location"] == reverse("mfa_authenticate")
    assert not connecte(client)


def test_la_sortie_ferme_aussi_proconnect(
    client: Client, camille: Utilisateur, fournisseur: ProConnectLocal, settings: Any
) -> None:
    revenir(client, aller(client))
    reponse = client.post(reverse("account_logout"))
    assert reponse["Location"] == reverse("proconnect_sortie")
    assert not connecte(client)
    page = client.get(reponse["Location"]).content.decode()
    adresse = re.search(r'href="(http[^"]+/session/end[^"]+)"', page)
    assert adresse
    finie = requests.get(adresse[1].replace("&amp;", "&"), allow_redirects=False, timeout=5)
    assert finie.headers["Location"].startswith(settings.PCTI_URL + reverse("proconnect_sorti"))
    [sortie] = fournisseur.sorties
    assert sortie["id_token_hint"].count(".") == 2
    suite = revenir(client, finie.headers["Location"])
    assert "Vous êtes déconnecté du portail et de ProConnect." in client.get(suite["Location"]).content.decode()


def test_qui_n_est_pas_venu_par_proconnect_n_y_est_pas_mene(
    client: Client, camille: Utilisateur, fournisseur: ProConnectLocal
) -> None:
    client.force_login(camille, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("account_logout"))["Location"] == "/"


def test_le_bouton_ne_parait_que_regle(client: Client, fournisseur: ProConnectLocal, settings: Any) -> None:
    page = client.get(reverse("account_login"), {"next": "/offres/"}).content.decode()
    assert "S’identifier avec ProConnect" in page
    assert "Qu’est-ce que ProConnect" in page
    assert f'href="{reverse("proconnect_login")}?next=/offres/"' in page
    settings.PCTI_PROCONNECT_CLIENT_ID = ""
    assert "ProConnect" not in client.get(reverse("account_login")).content.decode()
    assert client.get(reverse("proconnect_login")).status_code == 404
