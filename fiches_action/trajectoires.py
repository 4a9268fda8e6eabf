"""The trajectory of an indicator, from its reference to its target, as words and as a small bar."""

from dataclasses import dataclass

from fiches_action.models import Indicateur
from socle.secret_statistique import est_masque, masquer
from socle.templatetags.typographie import nombre

LARGEUR = 120.0


@dataclass(frozen=True)
class Trajectoire:
    """What may be shown of an indicator: small counts of persons are masked, in the bar too."""

    indicateur: Indicateur
    reference: str
    cible: str
    # Widths of the bar in its viewBox; None when drawing it would say nothing, or too much.
    depart: float | None
    arrivee: float | None

    @property
    def se_dessine(self) -> bool:
        return self.depart is not None and self.arrivee is not None

    @property
    def depart_pour_cent(self) -> str:
        """As CSS writes it."""
        return f"{100 * (self.depart or 0) / LARGEUR:.2f}"

    @property
    def arrivee_pour_cent(self) -> str:
        return f"{100 * (self.arrivee or 0) / LARGEUR:.2f}"


def trajectoire(indicateur: Indicateur) -> Trajectoire:
    """Reference and target in words, and their lengths on a common scale (120 units)."""
    depart, cible = indicateur.reference, indicateur.cible
    cache = indicateur.effectif and depart is not None and est_masque(round(depart))
    if depart is None:
        mots = "à relever" if indicateur.reference_le else "—"
    else:
        mots = masquer(round(depart)) if indicateur.effectif else nombre(depart)
    if depart is None or cible is None or cache or max(depart, cible) <= 0:
        return Trajectoire(indicateur, mots, nombre(cible), None, None)
    echelle = LARGEUR / max(depart, cible)
    return Trajectoire(indicateur, mots, nombre(cible), round(depart * echelle, 1), round(cible * echelle, 1))
