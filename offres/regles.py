"""Who may do what with campaigns, answers, offers and needs."""

from rules import add_perm, predicate

from offres.models import Besoin, Campagne, Reponse
from structures.comptes.regles import (
    Personne,
    coordonne_le_pole,
    est_connecte,
    est_pilotage,
)
from structures.regles import coordonne, est_membre


@predicate
def repond_pour(personne: Personne, reponse: Reponse | None) -> bool:
    """Belongs today (direction or membre) to the structure that answers."""
    return reponse is not None and bool(est_membre(personne, reponse.structure))


@predicate
def coordonne_la_reponse(personne: Personne, reponse: Reponse | None) -> bool:
    """Coordinates the pôle of the campaign."""
    return reponse is not None and bool(coordonne_le_pole(personne, reponse.campagne.pole))


@predicate
def coordonne_la_campagne(personne: Personne, campagne: Campagne | None) -> bool:
    return campagne is not None and bool(coordonne_le_pole(personne, campagne.pole))


@predicate
def a_ce_besoin(personne: Personne, besoin: Besoin | None) -> bool:
    """Belongs today to the structure in need."""
    return besoin is not None and bool(est_membre(personne, besoin.structure))


@predicate
def coordonne_ce_besoin(personne: Personne, besoin: Besoin | None) -> bool:
    """Coordinates a pôle that holds the commune of the structure in need."""
    return besoin is not None and bool(coordonne(personne, besoin.structure))


# Offers and needs are for signed-in partners, never for visitors.
add_perm("offres.consulter", est_connecte)
add_perm("offres.repondre", repond_pour)
add_perm("offres.voir_reponse", repond_pour | coordonne_la_reponse | est_pilotage)
add_perm("offres.rouvrir", coordonne_la_reponse)
add_perm("offres.ouvrir_campagne", coordonne_le_pole)
add_perm("offres.suivre_campagne", coordonne_la_campagne | est_pilotage)
add_perm("offres.voir_campagnes", est_connecte)
add_perm("offres.voir_rapprochements", a_ce_besoin | coordonne_ce_besoin | est_pilotage)
add_perm("offres.rapprocher", a_ce_besoin | coordonne_ce_besoin)
