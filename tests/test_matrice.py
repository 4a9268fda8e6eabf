"""Every address × every role: who gets in is who the matrix says, nobody else."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.adresses import adresses
from tests.matrice import ROLES, Ligne, lignes
from tests.scene import construire_scene

# Public pages of the contract (docs/exploitation.md, « Pages »): the only paths open without an account.
CHEMINS_PUBLICS = (
    "", "cartes/", "structures/", "signer/", "verifier/", "comptes/", "accessibilite/", "mentions-legales/",
    "donnees-personnelles/", "aide/", "sante/", "api/v1/", "demo/",
)  # fmt: skip

LIGNES = lignes()


ADRESSES = list(adresses())


@pytest.mark.parametrize(("nom", "chemin"), [(nom, chemin) for nom, chemin, _ in ADRESSES])
def test_toute_adresse_a_sa_ligne(nom: str, chemin: str) -> None:
    assert nom, f"l’adresse « {chemin} » n’a pas de nom : donnez-lui en un, et une ligne dans tests/<pièce>/droits.py"
    assert nom in {ligne.nom_url for ligne in LIGNES}, (
        f"l’adresse « {nom} » ({chemin}) n’a pas de ligne dans la matrice : "
        f"ajoutez Ligne(« {nom} », …) à tests/<pièce>/droits.py"
    )


def test_aucune_ligne_sans_adresse() -> None:
    inconnues = {ligne.nom_url for ligne in LIGNES} - {nom for nom, _, _ in ADRESSES}
    assert not inconnues, f"lignes de la matrice sans adresse : {sorted(inconnues)}"


def test_aucune_ligne_en_double() -> None:
    vues = [str(ligne) for ligne in LIGNES]
    assert len(vues) == len(set(vues)), sorted({vue for vue in vues if vues.count(vue) > 1})


@pytest.mark.parametrize(("nom", "chemin", "vue"), ADRESSES, ids=[nom or chemin for nom, chemin, _ in ADRESSES])
def test_seules_les_pages_du_contrat_sont_publiques(nom: str, chemin: str, vue: Any) -> None:
    """A view opened to visitors is under a public path, and says so in the matrix (and conversely)."""
    if nom not in {ligne.nom_url for ligne in LIGNES}:
        pytest.skip("sans ligne : l’autre test le dit")
    ouverte = not getattr(vue, "login_required", True)
    dite_publique = any(ligne.public for ligne in LIGNES if ligne.nom_url == nom)
    assert ouverte == dite_publique, f"{nom} : @login_not_required {ouverte}, matrice {dite_publique}"
    if ouverte:
        assert chemin == "" or chemin.startswith(CHEMINS_PUBLICS[1:]), f"« {chemin} » n’est pas publique au contrat"


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    """The scene, built once; whatever the requests write is undone."""
    with django_db_blocker.unblock():
        bloc = transaction.atomic()
        # As TestCase does, so that a view may open a durable block.
        bloc._from_testcase = True  # type: ignore[attr-defined]
        with bloc:
            objets = construire_scene()
            objets.clients = {role: Client() for role in ROLES}
            for role, personne in objets.personnes.items():
                objets.clients[role].force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
            yield objets
            transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("ligne", LIGNES, ids=str)
def test_acces(scene: SimpleNamespace, ligne: Ligne, role: str) -> None:
    """Each request in its own savepoint, inside the scene's transaction."""
    adresse = reverse(ligne.nom_url, kwargs=ligne.kwargs(scene))
    client: Client = scene.clients[role]
    temoins = {nom: temoin.value for nom, temoin in client.cookies.items()}
    try:
        donnees = ligne.donnees(scene)
        reponse = client.get(adresse, donnees) if ligne.methode == "GET" else client.post(adresse, donnees)
        if reponse.streaming:
            list(reponse)
    finally:
        # A page may sign out or change the session: the next row starts from the same one.
        client.cookies.clear()
        for nom, valeur in temoins.items():
            client.cookies[nom] = valeur
    vers_connexion = reponse.status_code == 302 and reponse.headers["Location"].startswith(reverse("account_login"))
    if role in ligne.acces:
        if ligne.attendu is not None:
            assert reponse.status_code == ligne.attendu, f"{role} → {adresse}"
        else:
            assert reponse.status_code < 400, f"{role} devrait entrer : {adresse} répond {reponse.status_code}"
            assert not vers_connexion, f"{role} devrait entrer : {adresse} renvoie à la connexion"
    else:
        assert reponse.status_code in (403, 404) or (role == "visiteur" and vers_connexion), (
            f"{role} ne devrait pas entrer : {adresse} répond {reponse.status_code}"
        )
