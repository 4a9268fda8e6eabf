"""What every request and every answer obey (pcti/gardes.py)."""

import pytest
from django.test import Client

from tests.fabriques import un_utilisateur

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("adresse", ["/fiches/%00/", "/structures/?q=a%00b", "/signer/a%00b/"])
def test_un_caractere_nul_dans_l_adresse_est_refuse(client: Client, adresse: str) -> None:
    """PostgreSQL refuses it in a text: the page would break."""
    client.force_login(un_utilisateur(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(adresse).status_code == 400


def test_ce_que_lit_une_personne_connectee_ne_reste_nulle_part(client: Client) -> None:
    assert "no-store" not in client.get("/structures/").get("Cache-Control", "")
    client.force_login(un_utilisateur(), backend="django.contrib.auth.backends.ModelBackend")
    for adresse in ("/", "/structures/", "/fiches/", "/conventions/", "/offres/"):
        assert "no-store" in client.get(adresse)["Cache-Control"], adresse
