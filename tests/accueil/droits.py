"""Who may open the pages of the front door."""

from tests.matrice import TOUS, Ligne

LIGNES = [
    Ligne("accueil:accueil", TOUS),
    Ligne("accueil:aide", TOUS),
    Ligne("accueil:accessibilite", TOUS),
    Ligne("accueil:mentions_legales", TOUS),
    Ligne("accueil:donnees_personnelles", TOUS),
]
