"""Filters of the maps: the directory's own reading; the same rule runs in `static/cartes/filtres.js`."""

from structures.annuaire.familles import Filtres

__all__ = ["Filtres"]
