"""French typography for templates: numbers, small counts, dates and hours as people write them."""

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from socle.secret_statistique import masquer

register = template.Library()
INSECABLE = "\u00a0"


@register.filter
def nombre(valeur: float | int | None) -> str:
    """1250 → « 1 250 » (no-break space); None → « — »."""
    if valeur is None:
        return "—"
    texte = f"{valeur:,.1f}" if isinstance(valeur, float) and valeur % 1 else f"{int(valeur):,}"
    return texte.replace(",", INSECABLE).replace(".", ",")


@register.filter
def pour_cent(valeur: float | None) -> str:
    """62.4 → « 62 % »."""
    return "—" if valeur is None else f"{round(valeur)}{INSECABLE}%"


@register.filter
def effectif(valeur: int | None) -> str:
    """A count of persons, masked below 5."""
    return masquer(valeur)


@register.filter
def jour(valeur: date | datetime | None) -> str:
    """« 3 mars 2026 », « 1er mars 2026 »."""
    if valeur is None:
        return "—"
    if isinstance(valeur, datetime):
        valeur = timezone.localtime(valeur).date()
    debut = "1er" if valeur.day == 1 else str(valeur.day)
    return f"{debut}{INSECABLE}{date_format(valeur, 'F Y')}"


@register.filter
def heure(valeur: datetime | None) -> str:
    """« 14 h 03 »."""
    if valeur is None:
        return "—"
    locale = timezone.localtime(valeur)
    return f"{locale.hour}{INSECABLE}h{INSECABLE}{locale.minute:02d}"


@register.filter
def pluriel(nombre_: int, formes: str) -> str:
    """``{{ n|pluriel:"structure,structures" }}`` → « 0 structure », « 2 structures »."""
    singulier, _, plusieurs = formes.partition(",")
    return f"{nombre(nombre_)}{INSECABLE}{singulier if abs(nombre_) < 2 else plusieurs}"
