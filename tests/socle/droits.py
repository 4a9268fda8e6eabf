"""A long job is shown to who asked for it, and to the administration."""

from tests.matrice import CONNECTES, Ligne

LIGNES = [
    Ligne("socle:travail", {"direction", "administration"}, kwargs=lambda s: {"pk": s.travail.pk}),
    Ligne("socle:travail", CONNECTES - CONNECTES, kwargs=lambda s: {"pk": s.travail_de_personne}, cas="inconnu"),
]
