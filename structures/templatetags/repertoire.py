"""Services of national directories, on the page of a structure."""

from typing import Any

from django import template

from structures.models import Structure
from structures.repertoire import services_de

register = template.Library()


@register.inclusion_tag("structures/bloc_services_repertories.html")
def services_repertories(structure: Structure) -> dict[str, Any]:
    """The block of the services of a structure; nothing when there is none."""
    return {"services": services_de(structure)}
