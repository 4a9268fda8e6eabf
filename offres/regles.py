"""Who may do what with campaigns, answers, offers and needs."""

from rules import add_perm, predicate

from offres.models import Besoin, Campagne, Offre, Rapprochement, Reponse
from structures.comptes.regles import (
    Personne,
    coordonne_le_pole,
    est_administration,
    est_connecte,
    est_coordination,
    est_pilotage,
)
from structures.regles import coordonne, est_direction, est_membre, pole_coordonne


@predicate
def repond_pour(personne: Personne, reponse: Reponse | None) -> bool:
    """Belongs today (direction or membre) to the structure that answers."""
    return reponse is not None and bool(est_membre(personne, reponse.structure))


@predicate
def coordonne_la_reponse(personne: Personne, reponse: Reponse | None) -> bool:
    """Coordinates the pôle of the campaign."""
    return reponse is not None and bool(coordonne_le_pole(personne, reponse.campagne.pole))


@predicate
def mene_l_entretien(personne: Personne, reponse: Reponse | None) -> bool:
    """Coordinates the pôle, and fills this answer during an interview (until the confirmation is asked)."""
    return (
        reponse is not None
        and reponse.saisie_par_coordination
        and reponse.confirmation_demandee_le is None
        and bool(coordonne_la_reponse(personne, reponse))
    )


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


@predicate
def a_cette_offre(personne: Personne, offre: Offre | None) -> bool:
    """Belongs today to the structure that offers."""
    return offre is not None and bool(est_membre(personne, offre.structure))


@predicate
def coordonne_cette_offre(personne: Personne, offre: Offre | None) -> bool:
    """Coordinates a pôle that holds the commune of the structure that offers."""
    return offre is not None and bool(coordonne(personne, offre.structure))


@predicate
def membre_d_un_cote(personne: Personne, rapprochement: Rapprochement | None) -> bool:
    """Belongs today to the structure in need or to the one that offers: both read the same."""
    return rapprochement is not None and bool(
        a_ce_besoin(personne, rapprochement.besoin) or a_cette_offre(personne, rapprochement.offre)
    )


@predicate
def dirige_un_cote(personne: Personne, rapprochement: Rapprochement | None) -> bool:
    """Directs one of the two structures: cooperating commits it."""
    return rapprochement is not None and bool(
        est_direction(personne, rapprochement.besoin.structure)
        or est_direction(personne, rapprochement.offre.structure)
    )


@predicate
def dirige_le_cote_sollicite(personne: Personne, rapprochement: Rapprochement | None) -> bool:
    """Directs the structure that was asked."""
    return rapprochement is not None and bool(est_direction(personne, rapprochement.sollicitee))


@predicate
def dirige_le_cote_proposant(personne: Personne, rapprochement: Rapprochement | None) -> bool:
    """Directs the structure that asked."""
    return rapprochement is not None and bool(est_direction(personne, rapprochement.proposante))


@predicate
def coordonne_un_cote(personne: Personne, rapprochement: Rapprochement | None) -> bool:
    """Coordinates a pôle that holds one of the two structures."""
    return rapprochement is not None and bool(
        coordonne_ce_besoin(personne, rapprochement.besoin) or coordonne_cette_offre(personne, rapprochement.offre)
    )


@predicate
def coordonne_la_fiche_du_besoin(personne: Personne, besoin: Besoin | None) -> bool:
    """Coordinates a pôle, of the kind of the structure in need, that holds it: the sheet will be that pôle's."""
    return besoin is not None and pole_coordonne(personne, besoin.structure) is not None


@predicate
def coordonne_le_besoin_rapproche(personne: Personne, rapprochement: Rapprochement | None) -> bool:
    """The same, of a match."""
    return rapprochement is not None and bool(coordonne_la_fiche_du_besoin(personne, rapprochement.besoin))


@predicate
def coordonne_la_proposition(personne: Personne, ligne: Offre | Besoin | None) -> bool:
    """Coordinates a pôle that holds the structure of an offer or of a need."""
    return ligne is not None and bool(coordonne(personne, ligne.structure))


# Offers and needs are for signed-in partners, never for visitors.
add_perm("offres.consulter", est_connecte)
add_perm("offres.repondre", repond_pour | mene_l_entretien)
# What engages the structure: its own people send, whoever wrote.
add_perm("offres.envoyer", repond_pour)
add_perm("offres.entretien", coordonne_la_reponse)
add_perm("offres.voir_reponse", repond_pour | coordonne_la_reponse | est_pilotage)
add_perm("offres.rouvrir", coordonne_la_reponse)
add_perm("offres.ouvrir_campagne", coordonne_le_pole)
add_perm("offres.mener_campagne", coordonne_la_campagne)
# A refusal may be told by telephone: the coordination writes it down, under its own name.
add_perm("offres.refuser", repond_pour | coordonne_la_reponse)
add_perm("offres.revenir", repond_pour | coordonne_la_reponse)
add_perm("offres.suivre_campagne", coordonne_la_campagne | est_pilotage)
add_perm("offres.voir_campagnes", est_connecte)
add_perm("offres.voir_rapprochements", a_ce_besoin | coordonne_ce_besoin | est_pilotage)
add_perm("offres.rapprocher", a_ce_besoin | coordonne_la_fiche_du_besoin)
add_perm("offres.voir_besoins_couverts", a_cette_offre | coordonne_cette_offre | est_pilotage)
add_perm("offres.voir_rapprochement", membre_d_un_cote | coordonne_un_cote | est_pilotage)
add_perm("offres.proposer", dirige_un_cote)
add_perm("offres.repondre_a_la_proposition", dirige_le_cote_sollicite)
add_perm("offres.retirer_la_proposition", dirige_le_cote_proposant)
add_perm("offres.engager", membre_d_un_cote | coordonne_le_besoin_rapproche)
add_perm("offres.ecarter", dirige_un_cote | coordonne_un_cote)
add_perm("offres.suivre_rapprochements", est_coordination | est_pilotage)
add_perm("offres.voir_autres_services", est_coordination | est_administration)
add_perm("offres.classer_service", coordonne_la_proposition | est_administration)
add_perm("offres.repondre_demande_service", est_administration)
