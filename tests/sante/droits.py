"""Anybody may ask how the portal is; without a worker, as here, it answers 503."""

from tests.matrice import TOUS, Ligne

LIGNES = [Ligne("sante:sante", TOUS, attendu=503)]
