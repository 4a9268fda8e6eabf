"""Words of the directory's rows."""

from django import template

from structures.annuaire.recherche import kilometres
from structures.models import Structure

register = template.Library()


@register.filter
def distance(structure: Structure) -> str:
    """« à 3,2 km », « à 25 km »; tenths only near by, where they mean something."""
    km = kilometres(structure)
    if km is None:
        return ""
    nombre = f"{km:.1f}" if km < 9.95 else f"{km:.0f}"
    return f"à {nombre.replace('.', ',')}\u00a0km"
