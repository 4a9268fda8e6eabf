"""Pages of structures in alphabetical order; the key of the next one is the last name and number shown."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest


def feuilleter(request: HttpRequest, lignes: Any, par_page: int, prefixe: str = "") -> tuple[list[Any], str]:
    """(the rows of this page, address of the next one or « »); ``prefixe`` leads to the structure."""
    nom_de, numero_de = f"{prefixe}nom_recherche", f"{prefixe}id"
    lues = lignes.order_by(nom_de, numero_de)
    nom, _, numero = request.GET.get("apres", "").rpartition("~")
    if numero.isdecimal() and len(numero) < 16 and "\0" not in nom:
        lues = lues.filter(Q(**{f"{nom_de}__gt": nom}) | Q(**{nom_de: nom, f"{numero_de}__gt": int(numero)}))
    page = list(lues[: par_page + 1])
    if len(page) <= par_page:
        return page, ""
    derniere = page[par_page - 1]
    for morceau in prefixe.split("__"):
        derniere = getattr(derniere, morceau) if morceau else derniere
    requete = request.GET.copy()
    requete["apres"] = f"{derniere.nom_recherche}~{derniere.pk}"
    return page[:par_page], f"{request.path}?{requete.urlencode()}"
