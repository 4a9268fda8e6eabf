"""Who may do what with a sheet. The state of the sheet is the workflow's business (etats.py),
except for writing: a sheet that the committee has before it no longer changes.
"""

from rules import add_perm, predicate

from fiches_action.etats import ETATS_DE_CONFIRMATION
from fiches_action.models import Acteur, FicheAction
from structures.comptes.models import Utilisateur
from structures.comptes.regles import Personne, coordonne_le_pole, est_administration, poles_coordonnes
from structures.regles import adhesions_de


def structures_actives(personne: Personne) -> frozenset[int]:
    """Identifiers of the structures to which this person belongs today."""
    return frozenset(adhesions_de(personne))


@predicate
def coordonne_la_fiche(personne: Personne, fiche: FicheAction) -> bool:
    """The coordination of the sheet's pôle; the administration stands in when there is no pôle."""
    if fiche.pole is None:
        return bool(est_administration(personne))
    return bool(coordonne_le_pole(personne, fiche.pole))


@predicate
def porte(personne: Personne, fiche: FicheAction) -> bool:
    """Member of the leading structure, or pilote while still attached to an actor or the pôle."""
    miennes = structures_actives(personne)
    if fiche.porteur_id in miennes:
        return True
    if not isinstance(personne, Utilisateur) or fiche.pilote_id != personne.pk or not personne.is_active:
        return False
    actrices = {acteur.structure_id for acteur in fiche.acteurs.all()}
    return bool(miennes & actrices) or bool(coordonne_la_fiche(personne, fiche))


@predicate
def est_modifiable(personne: Personne, fiche: FicheAction) -> bool:
    return fiche.est_modifiable


@predicate
def peut_lire(personne: Personne, fiche: FicheAction) -> bool:
    return FicheAction.objects.visibles_par(personne).filter(pk=fiche.pk).exists()


@predicate
def peut_creer(personne: Personne) -> bool:
    """Somebody who belongs to a structure: a sheet is « par porteur de projet »."""
    return bool(structures_actives(personne))


@predicate
def peut_demarrer_fiche(personne: Personne) -> bool:
    """From a match, the coordination may also start the sheet for the two structures."""
    return bool(structures_actives(personne) or poles_coordonnes(personne) or est_administration(personne))


@predicate
def membre_de_l_acteur(personne: Personne, acteur: Acteur) -> bool:
    """Only the structure itself says that it takes part."""
    return acteur.structure_id in structures_actives(personne)


@predicate
def confirmation_ouverte(personne: Personne, acteur: Acteur) -> bool:
    """While the sheet is proposed or being completed; who leads it agrees by proposing."""
    attendu = acteur.doit_confirmer and acteur.role != Acteur.Role.PORTEUR
    return attendu and acteur.fiche.etat in ETATS_DE_CONFIRMATION


add_perm("fiches_action.creer", peut_creer)
add_perm("fiches_action.demarrer_depuis_rapprochement", peut_demarrer_fiche)
add_perm("fiches_action.voir", peut_lire)
add_perm("fiches_action.modifier", est_modifiable & (porte | coordonne_la_fiche))
add_perm("fiches_action.proposer", porte)
add_perm("fiches_action.valider", coordonne_la_fiche)
add_perm("fiches_action.conduire", porte | coordonne_la_fiche)
add_perm("fiches_action.confirmer", confirmation_ouverte & membre_de_l_acteur)
