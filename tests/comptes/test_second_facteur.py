"""Second factors: asked for where they must be, given by allauth's pages in our words."""

import re

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from socle.models import Courriel
from structures.comptes import second_facteur
from structures.comptes.models import EvenementCompte, Utilisateur
from structures.comptes.operations import habiliter, retirer
from structures.comptes.second_facteur import ErreurFacteur, est_exige, manque, remettre_a_zero
from tests.fabriques import SECRET_TOTP, avec_second_facteur

pytestmark = pytest.mark.django_db
ADRESSE = "morgan@essai.test"


@pytest.fixture(autouse=True)
def _sans_memoire() -> None:
    """The rate limits and the codes already used live in the shared cache."""
    cache.clear()


@pytest.fixture
def morgan() -> Utilisateur:
    """Somebody of the administration, with nothing but the e-mailed code."""
    personne = Utilisateur.objects.create_user(ADRESSE, prenom="Morgan", nom="Houx")
    habiliter(personne, "administration")
    return personne


def entrer(client: Client, personne: Utilisateur) -> None:
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")


def code_totp(secret: str, decalage: int = 0) -> str:
    """The code that an application shows now (``decalage`` periods of 30 s later)."""
    compteur = list(yield_hotp_counters_from_time())[1]
    return str(format_hotp_value(hotp_value(secret, compteur + decalage)))


def par_courriel(client: Client, adresse: str = ADRESSE) -> str:
    """Sign in by the e-mailed code; where it leads."""
    client.post(reverse("account_request_login_code"), {"email": adresse})
    courriel = Courriel.objects.filter(modele="comptes/code_connexion").latest("cree_le")
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", courriel.texte)
    assert code
    return str(client.post(reverse("account_confirm_login_code"), {"code": code[0]})["Location"])


@pytest.mark.parametrize("chemin", ["/", "/administration/", "/structures/", "/pilotage/", "/cartes/"])
def test_sans_second_facteur_tout_mene_a_la_page_qui_l_explique(
    client: Client, morgan: Utilisateur, chemin: str
) -> None:
    entrer(client, morgan)
    reponse = client.get(chemin)
    assert reponse.status_code == 302
    assert reponse["Location"] == reverse("comptes:second_facteur")
    page = client.get(reponse["Location"]).content.decode()
    assert "Ajoutez une seconde protection" in page
    assert reverse("mfa_activate_totp") in page


def test_rien_ne_s_ecrit_sans_second_facteur(client: Client, morgan: Utilisateur) -> None:
    entrer(client, morgan)
    reponse = client.post("/administration/comptes/utilisateur/add/", {"email": "autre@essai.test"})
    assert reponse["Location"] == reverse("comptes:second_facteur")
    assert not Utilisateur.objects.filter(email="autre@essai.test").exists()


def test_le_compte_l_aide_et_la_sortie_restent_ouverts(client: Client, morgan: Utilisateur) -> None:
    entrer(client, morgan)
    for nom in ("comptes:profil", "comptes:sessions", "comptes:notifications", "mfa_index", "accueil:aide"):
        assert client.get(reverse(nom)).status_code == 200, nom
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_toutes_les_adresses_laissees_ouvertes_existent() -> None:
    from tests.adresses import adresses

    noms = {nom for nom, _, _ in adresses()}
    assert noms >= second_facteur.OUVERTES


def test_qui_n_a_pas_de_role_n_en_a_pas_besoin(client: Client) -> None:
    personne = Utilisateur.objects.create_user("simple@essai.test")
    assert not est_exige(personne)
    entrer(client, personne)
    assert client.get("/").status_code == 200
    droit = habiliter(personne, "administration")
    assert manque(personne)
    retirer(droit)
    assert not manque(Utilisateur.objects.get(pk=personne.pk))


def test_la_demonstration_est_exemptee_tant_qu_elle_est_ouverte(morgan: Utilisateur, settings) -> None:  # type: ignore[no-untyped-def]
    morgan.demonstration = True
    settings.PCTI_DEMO = True
    assert not est_exige(morgan)
    settings.PCTI_DEMO = False
    assert est_exige(morgan)


@pytest.mark.django_db(transaction=True)
def test_activer_une_application_puis_entrer_avec_elle(client: Client) -> None:
    morgan = Utilisateur.objects.create_user(ADRESSE, prenom="Morgan", nom="Houx")
    habiliter(morgan, "administration")
    assert par_courriel(client) == "/"
    assert client.get("/pilotage/")["Location"] == reverse("comptes:second_facteur")
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    secret = client.session["mfa.totp.secret"]
    assert " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)) in page
    faux = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert "Ce code n’est pas le bon" in faux.content.decode()
    reponse = client.post(reverse("mfa_activate_totp"), {"code": code_totp(secret)})
    assert reponse["Location"] == reverse("mfa_view_recovery_codes")
    # The secret is not in clear in the database.
    assert secret not in str(Authenticator.objects.get(type="totp").data)
    # Shown at once, without proving again what was just proved; then never again.
    codes = client.get(reponse["Location"]).content.decode()
    vus = re.findall(r"<code>(\d{8})</code>", codes)
    assert len(vus) == 10
    assert 'href="/pilotage/"' in codes
    fichier = client.get(reverse("mfa_download_recovery_codes"))
    assert fichier["Content-Disposition"].startswith("attachment")
    assert all(code in fichier.content.decode() for code in vus)
    assert not re.findall(r"<code>", client.get(reverse("mfa_view_recovery_codes")).content.decode())
    assert client.get("/pilotage/").status_code == 200
    assert Courriel.objects.filter(modele="comptes/securite", sujet__contains="application").count() == 1
    assert EvenementCompte.objects.filter(personne=morgan, action="facteur_ajoute").count() == 1

    # Next sign-in: the e-mailed code is not enough any more.
    autre = Client()
    assert par_courriel(autre) == reverse("mfa_authenticate")
    assert autre.get("/pilotage/")["Location"].startswith(reverse("account_login"))
    page = autre.get(reverse("mfa_authenticate")).content.decode()
    assert "Une dernière étape" in page
    assert "Ce code n’est pas le bon" in autre.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    assert autre.post(reverse("mfa_authenticate"), {"code": code_totp(secret, 1)}).status_code == 302
    assert autre.get("/pilotage/").status_code == 200

    # A recovery code serves once.
    for attendu in (302, 200):
        cache.clear()
        tiers = Client()
        par_courriel(tiers)
        assert tiers.post(reverse("mfa_authenticate"), {"code": vus[0]}).status_code == attendu


def test_le_mot_de_passe_ne_suffit_pas_non_plus(client: Client, morgan: Utilisateur) -> None:
    morgan.set_password("une phrase assez longue")
    morgan.save()
    avec_second_facteur(morgan)
    reponse = client.post(reverse("account_login"), {"login": ADRESSE, "password": "une phrase assez longue"})
    assert reponse["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    # The same code twice: refused (somebody may have read it over the shoulder).
    code = code_totp(SECRET_TOTP)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    autre = Client()
    autre.post(reverse("account_login"), {"login": ADRESSE, "password": "une phrase assez longue"})
    assert autre.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert "_auth_user_id" not in autre.session


def test_les_essais_de_code_sont_limites(client: Client, morgan: Utilisateur) -> None:
    avec_second_facteur(morgan)
    par_courriel(client)
    for _ in range(10):
        page = client.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    assert "Trop d’essais de suite" in page
    page = client.post(reverse("mfa_authenticate"), {"code": code_totp(SECRET_TOTP)}).content.decode()
    assert "Trop d’essais" in page
    assert "_auth_user_id" not in client.session


def test_le_dernier_second_facteur_ne_se_retire_pas(client: Client, morgan: Utilisateur) -> None:
    avec_second_facteur(morgan)
    par_courriel(client)
    client.post(reverse("mfa_authenticate"), {"code": code_totp(SECRET_TOTP)})
    # Just given: not asked again at once.
    page = client.get(reverse("mfa_deactivate_totp")).content.decode()
    assert "ajoutez-en un autre" in page
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=morgan, type="totp").exists()


def test_un_acces_perdu_se_remet_par_une_autre_personne(client: Client, morgan: Utilisateur) -> None:
    avec_second_facteur(morgan)
    alix = avec_second_facteur(Utilisateur.objects.create_user("alix@essai.test", prenom="Alix", nom="Charme"))
    la_sienne = Client()
    entrer(la_sienne, alix)
    entrer(client, morgan)
    adresse = reverse("comptes:remettre_les_facteurs", args=[alix.pk])
    assert "Application de codes" in client.get(adresse).content.decode()
    assert client.post(adresse, {"motif": ""}).status_code == 422
    assert Authenticator.objects.filter(user=alix).exists()
    assert client.post(adresse, {"motif": "Téléphone perdu, rappelée au standard"}).status_code == 302
    assert not Authenticator.objects.filter(user=alix).exists()
    # The open session is closed, the trace says who and why, the person is told.
    assert la_sienne.get(reverse("comptes:profil")).status_code == 302
    trace = EvenementCompte.objects.get(personne=alix, action="facteur_remis")
    assert (trace.par, trace.motif) == (morgan, "Téléphone perdu, rappelée au standard")
    courriel = Courriel.objects.get(destinataire="alix@essai.test", modele="comptes/securite")
    assert "Morgan Houx" in courriel.texte
    with pytest.raises(ErreurFacteur):
        remettre_a_zero(morgan, morgan, "moi")


def test_la_coordination_ne_remet_rien(client: Client) -> None:
    from structures.territoires.models import Pole

    coordination = avec_second_facteur(Utilisateur.objects.create_user("coordination@essai.test"))
    habiliter(coordination, "coordination", pole=Pole.objects.create(nom="Pôle d’essai"))
    entrer(client, coordination)
    for personne in (coordination, Utilisateur.objects.create_user("autre@essai.test")):
        assert client.post(
            reverse("comptes:remettre_les_facteurs", args=[personne.pk]), {"motif": "x"}
        ).status_code in (403, 404)
    assert Authenticator.objects.filter(user=coordination).exists()


def test_une_cle_secrete_changee_se_lit_encore(settings) -> None:  # type: ignore[no-untyped-def]
    chiffre = get_adapter().encrypt(SECRET_TOTP)
    ancienne = settings.SECRET_KEY
    settings.SECRET_KEY = "n" * 60
    settings.SECRET_KEY_FALLBACKS = [ancienne]
    assert get_adapter().decrypt(chiffre) == SECRET_TOTP
    # Forgotten: refused, and not a broken page.
    settings.SECRET_KEY_FALLBACKS = []
    assert get_adapter().decrypt(chiffre) != SECRET_TOTP


def test_une_adresse_nue_n_a_pas_de_cle_d_acces(client: Client, morgan: Utilisateur) -> None:
    entrer(client, morgan)
    nue = client.get(reverse("comptes:second_facteur"), headers={"host": "127.0.0.1"}).content.decode()
    assert "demande une adresse en https" in nue
    nommee = client.get(reverse("comptes:second_facteur"), headers={"host": "localhost"}).content.decode()
    assert reverse("mfa_add_webauthn") in nommee
    assert client.get(reverse("mfa_add_webauthn"), headers={"host": "127.0.0.1"}).status_code == 302
