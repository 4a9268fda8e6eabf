"""Rows of the matrix: the steering boards."""

from tests.matrice import Ligne

PILOTES = {"coordination", "pilotage", "administration"}

LIGNES = [
    Ligne("pilotage:tableau", PILOTES),
    Ligne("pilotage:carte", PILOTES),
    Ligne("pilotage:graphique", PILOTES),
    Ligne("pilotage:bassin", PILOTES, kwargs=lambda s: {"code": s.bassin.pk}),
]
