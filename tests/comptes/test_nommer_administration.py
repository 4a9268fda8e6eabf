"""The first account of a new portal."""

import pytest
from django.core.management import CommandError, call_command

from structures.comptes.models import Habilitation, Utilisateur

pytestmark = pytest.mark.django_db


def test_une_adresse_inconnue_recoit_un_compte_et_le_role() -> None:
    call_command("nommer_administration", "Responsable@Exemple.fr")
    call_command("nommer_administration", "responsable@exemple.fr")
    compte = Utilisateur.objects.get(email="responsable@exemple.fr")
    assert compte.is_staff
    assert not compte.is_superuser
    assert not compte.has_usable_password()
    assert [h.role for h in Habilitation.objects.actives().filter(utilisateur=compte)] == ["administration"]


@pytest.mark.parametrize("adresse", ["", "pas-une-adresse", "a@"])
def test_une_adresse_impossible_est_refusee(adresse: str) -> None:
    with pytest.raises(CommandError, match="n’est pas une adresse"):
        call_command("nommer_administration", adresse)
    assert not Utilisateur.objects.exists()


def test_un_compte_desactive_ne_revient_pas_par_la_bande() -> None:
    Utilisateur.objects.create_user("parti@exemple.fr", is_active=False)
    with pytest.raises(CommandError, match="désactivé"):
        call_command("nommer_administration", "parti@exemple.fr")
    assert not Habilitation.objects.exists()
