"""Who may do what with an agreement. Its state is the workflow's business (etats.py)."""

from rules import add_perm, predicate

from fiches_action.conventions.models import Convention, Partie, Signataire
from fiches_action.models import Acteur, FicheAction
from fiches_action.regles import coordonne_la_fiche, porte
from structures.comptes.models import Utilisateur
from structures.comptes.regles import Personne, coordonne_le_pole, est_administration, est_pilotage
from structures.regles import adhesions_de


@predicate
def coordonne(personne: Personne, convention: Convention) -> bool:
    """The coordination of the agreement's pôle; the administration stands in when there is none."""
    if convention.pole is None:
        return bool(est_administration(personne))
    return bool(coordonne_le_pole(personne, convention.pole))


@predicate
def porte_la_convention(personne: Personne, convention: Convention) -> bool:
    """Leads the sheet that it comes from."""
    return bool(porte(personne, convention.fiche))


@predicate
def est_partie(personne: Personne, convention: Convention) -> bool:
    """Belongs today to a party, or to an actor of the sheet."""
    miennes = set(adhesions_de(personne))
    return bool(miennes) and (
        Partie.objects.filter(convention=convention, structure__in=miennes).exists()
        or Acteur.objects.filter(fiche=convention.fiche_id, structure__in=miennes).exists()
    )


@predicate
def est_signataire(personne: Personne, convention: Convention) -> bool:
    """Signed, or is asked to, at this very address."""
    if not isinstance(personne, Utilisateur) or not personne.is_active:
        return False
    return Signataire.objects.filter(convention=convention, email__iexact=personne.email).exists()


@predicate
def fiche_portee(personne: Personne, fiche: FicheAction) -> bool:
    return bool(porte(personne, fiche) or coordonne_la_fiche(personne, fiche))


add_perm("conventions.creer", fiche_portee)
add_perm("conventions.voir", est_partie | est_signataire | coordonne | est_pilotage | est_administration)
add_perm("conventions.modifier", porte_la_convention | coordonne)
add_perm("conventions.coordonner", coordonne | est_administration)
