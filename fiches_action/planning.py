"""The planning as a picture: where each bar stands on a common scale, drawn by templates as SVG."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fiches_action.models import Etape

LARGEUR = 360.0


def pour_cent_css(x: float) -> str:
    """A length of the scale as CSS writes percentages (a point, whatever the language)."""
    return f"{100 * x / LARGEUR:.2f}"


_MOIS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


@dataclass(frozen=True)
class Repere:
    """A mark of the scale."""

    x: float
    mot: str

    @property
    def x_mot(self) -> str:
        """Where its word starts, as SVG writes numbers."""
        return f"{self.x + 3:.1f}"

    @property
    def pour_cent(self) -> str:
        return pour_cent_css(self.x)


@dataclass(frozen=True)
class Barre:
    """One step: its row, and its bar in the units of the scale."""

    etape: Etape
    x: float
    largeur: float

    @property
    def centre(self) -> float:
        return self.x + self.largeur / 2

    @property
    def gauche_pour_cent(self) -> str:
        return pour_cent_css(self.x)

    @property
    def largeur_pour_cent(self) -> str:
        return pour_cent_css(self.largeur)

    @property
    def centre_pour_cent(self) -> str:
        return pour_cent_css(min(max(self.centre, 7.0), LARGEUR - 7.0))

    @property
    def losange(self) -> str:
        """Points of the milestone's diamond in a row 16 units high."""
        c = min(max(self.centre, 7.0), LARGEUR - 7.0)
        return f"{c:.1f},2 {c + 6:.1f},8 {c:.1f},14 {c - 6:.1f},8"

    @property
    def duree(self) -> str:
        """« 3 mois », « 12 jours », « jalon »."""
        if self.etape.est_jalon:
            return "jalon"
        jours = (self.etape.fin - self.etape.debut).days + 1
        if jours < 45:
            return f"{jours}\u00a0jours"
        return f"{round(jours / 30.44)}\u00a0mois"


@dataclass(frozen=True)
class Frise:
    """The whole picture. ``largeur`` is the width of its viewBox."""

    barres: list[Barre]
    reperes: list[Repere]
    debut: date
    fin: date
    largeur: float = LARGEUR

    @property
    def resume(self) -> str:
        """What the picture says, for who doesn't see it."""
        return (
            f"{len(self.barres)}\u00a0{'étapes' if len(self.barres) > 1 else 'étape'}, "
            f"de {_MOIS_LONGS[self.debut.month - 1]} {self.debut.year} "
            f"à {_MOIS_LONGS[self.fin.month - 1]} {self.fin.year}"
        )


_MOIS_LONGS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


def _premier(jour: date) -> date:
    return jour.replace(day=1)


def _mois_suivant(jour: date, mois: int = 1) -> date:
    rang = jour.year * 12 + jour.month - 1 + mois
    return date(rang // 12, rang % 12 + 1, 1)


def _pas(debut: date, fin: date) -> int:
    """Months between two marks so that their names fit side by side."""
    mois = (fin.year - debut.year) * 12 + fin.month - debut.month
    return next((pas for pas in (1, 2, 3, 6, 12) if mois / pas <= 7), 12 * (1 + mois // 84))


def frise(etapes: Sequence[Etape]) -> Frise | None:
    """Place the steps on whole months; None without a step."""
    if not etapes:
        return None
    debut = _premier(min(etape.debut for etape in etapes))
    fin = _mois_suivant(_premier(max(etape.fin for etape in etapes)))
    jours = (fin - debut).days

    def x(jour: date) -> float:
        return round((jour - debut).days / jours * LARGEUR, 1)

    barres = []
    for etape in etapes:
        gauche = x(etape.debut)
        barres.append(Barre(etape, gauche, max(round(x(etape.fin + timedelta(days=1)) - gauche, 1), 4.0)))
    return Frise(barres, list(_reperes(debut, fin, x)), debut, fin - timedelta(days=1))


def _reperes(debut: date, fin: date, x: Callable[[date], float]) -> Iterator[Repere]:
    pas, mois, annee = _pas(debut, fin), debut, 0
    while mois < fin:
        mot = _MOIS[mois.month - 1] if pas < 12 else ""
        if mois.year != annee:
            mot, annee = f"{mot} {mois.year}".strip(), mois.year
        # Near the right edge there is room for the line, not for its name.
        yield Repere(x(mois), mot if LARGEUR - x(mois) >= 5.2 * len(mot) else "")
        mois = _mois_suivant(mois, pas)
