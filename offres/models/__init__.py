"""Tables of this floor: the controlled services, the campaigns, the offers and needs, the matches."""

from offres.models.campagnes import Campagne, Reponse, Saisie, Taux
from offres.models.propositions import Besoin, Offre, Proposition, Rapprochement
from offres.models.referentiel import Service
from offres.models.relances import Relance

__all__ = [
    "Besoin",
    "Campagne",
    "Offre",
    "Proposition",
    "Rapprochement",
    "Relance",
    "Reponse",
    "Saisie",
    "Service",
    "Taux",
]
