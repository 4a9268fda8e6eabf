"""The page of rights says what the rules and the matrix say."""

import re

from rules.permissions import permissions

from tests.droits_en_page import PAGE, PREDICATS, texte


def test_la_page_des_droits_est_a_jour() -> None:
    assert PAGE.read_text(encoding="utf-8") == texte(), "écrivez-la de nouveau : python -m tests.droits_en_page"


def test_chaque_predicat_est_dit_et_aucun_de_trop() -> None:
    employes = {mot for predicat in permissions.values() for mot in re.findall(r"\w+", str(predicat))}
    assert employes == set(PREDICATS)
