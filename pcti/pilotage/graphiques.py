"""Charts and maps of the steering boards, drawn on the server as SVG files.

Served as files in ``<img>``: inline, a strict Content-Security-Policy would block their style.
Each has its table on the page.
"""

import re
from collections.abc import Sequence

import pygal
from pygal.style import Style

from cartes.dessin import Zone, carte_des_bassins
from pcti.pilotage.tableau import Ligne

# Classes of a response rate, from light to dark; the word carries the meaning, not the colour alone.
CLASSES = (
    (None, "#EDE7DB", "non interrogé"),
    (25.0, "#E3EEF6", "moins de 25 %"),
    (50.0, "#BCD6E8", "de 25 à 50 %"),
    (75.0, "#8FBBDA", "de 50 à 75 %"),
    (101.0, "#5E9CC8", "75 % et plus"),
)
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#1F2A37",
    foreground_strong="#16324F",
    foreground_subtle="#5B6470",
    colors=("#1D5B8F",),
    font_family="system-ui, sans-serif",
    label_font_size=13,
    major_label_font_size=13,
    value_font_size=13,
    value_colors=("#FFFFFF",),
    title_font_size=16,
)


def classe(taux: float | None) -> tuple[float | None, str, str]:
    """The class of a response rate (0–100, or None when nobody was asked)."""
    if taux is None:
        return CLASSES[0]
    return next(c for c in CLASSES[1:] if c[0] is not None and taux < c[0])


def carte_des_reponses(lignes: Sequence[Ligne]) -> str:
    """The région, its bassins coloured by response rate; hatched where nobody was asked."""
    return carte_des_bassins(
        {
            ligne.code: Zone(classe(ligne.taux)[1], f"{round(ligne.taux)}\u00a0%")
            for ligne in lignes
            if ligne.taux is not None
        },
        titre="Taux de réponse au questionnaire, par bassin",
        description="Les mêmes chiffres sont dans le tableau de la page.",
    )


def barres_des_reponses(lignes: Sequence[Ligne]) -> bytes:
    """Response rate per bassin that was asked, highest first, the value written on each bar."""
    interroges = sorted((li for li in lignes if li.taux is not None), key=lambda li: li.taux or 0)
    graphique = pygal.HorizontalBar(
        style=_STYLE,
        js=[],
        show_legend=False,
        print_values=True,
        value_formatter=lambda valeur: f"{round(valeur)}\u00a0%",
        range=(0, 100),
        height=max(220, 60 + 30 * len(interroges)),
        width=760,
        margin=12,
        disable_xml_declaration=True,
    )
    graphique.uuid = "reponses"
    graphique.title = "Taux de réponse par bassin"
    graphique.x_labels = [ligne.nom for ligne in interroges]
    graphique.add("Taux de réponse", [ligne.taux for ligne in interroges])
    svg: str = graphique.render(is_unicode=True)
    return re.sub(r"<script.*?</script>|<!--.*?-->", "", svg, flags=re.DOTALL).encode()
