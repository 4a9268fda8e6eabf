"""Tables of this floor: the controlled services, the campaigns, the offers and needs, the matches."""

from offres.models.campagnes import Campagne, Reponse, Saisie, Taux
from offres.models.propositions import Besoin, Offre, Proposition
from offres.models.rapprochements import AvisRapprochement, EtapeRapprochement, Rapprochement, ResumeNouveautes
from offres.models.referentiel import Service
from offres.models.relances import Relance
from offres.models.services import DemandeService

__all__ = [
    "AvisRapprochement",
    "Besoin",
    "Campagne",
    "DemandeService",
    "EtapeRapprochement",
    "Offre",
    "Proposition",
    "Rapprochement",
    "Relance",
    "Reponse",
    "ResumeNouveautes",
    "Saisie",
    "Service",
    "Taux",
]
