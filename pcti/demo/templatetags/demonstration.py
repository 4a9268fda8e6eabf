"""``{% comptes_demo %}``: the one-click accounts, when the demonstration is open."""

from typing import Any

from django import template

from pcti.demo.comptes_fictifs import COMPTES
from pcti.demo.conditions import demonstration_ouverte

register = template.Library()


@register.inclusion_tag("demo/comptes.html", takes_context=True)
def comptes_demo(context: dict[str, Any]) -> dict[str, Any]:
    request = context.get("request")
    ouverte = request is not None and demonstration_ouverte(request)
    return {"comptes_demonstration": COMPTES if ouverte else (), "csrf_token": context.get("csrf_token")}
