"""Rows of the matrix: the demonstration, open to anybody on this machine (conditions: test_portes.py)."""

from tests.matrice import TOUS, Ligne

LIGNES = [
    Ligne("demo:courriels", TOUS),
    Ligne("demo:courriel", TOUS, kwargs=lambda s: {"pk": s.message.pk}),
    Ligne("demo:connexion", TOUS, methode="POST", donnees=lambda s: {"compte": s.compte_demo.email}),
]
