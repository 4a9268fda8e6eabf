"""Small functions that make objects for tests, one per model, gathered from every room."""

from itertools import count
from typing import Any

from structures.comptes.models import Utilisateur
from structures.models import Structure
from structures.territoires.models import Commune

_rang = count(1)


def un_utilisateur(**champs: Any) -> Utilisateur:
    """Somebody with an account, without any right."""
    champs.setdefault("email", f"personne{next(_rang)}@exemple.test")
    return Utilisateur.objects.create_user(**champs)


def une_structure(commune: Commune, **champs: Any) -> Structure:
    """An open structure in a commune."""
    rang = next(_rang)
    return Structure.objects.create(**{"nom": f"ESAT n° {rang}", "type": "esat", "commune": commune, **champs})
