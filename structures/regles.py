"""Who may do what with a structure."""

from rules import add_perm, always_true, predicate

from structures.comptes.models import Utilisateur
from structures.comptes.regles import (
    Personne,
    coordonne_le_pole,
    est_administration,
    est_connecte,
    est_coordination,
    est_pilotage,
    poles_coordonnes,
)
from structures.models import Adhesion, DemandeAdhesion, DoublonPropose, Fusion, Invitation, LotInvitations, Structure
from structures.territoires.models import Pole


def adhesions_de(personne: Personne) -> dict[int, str]:
    """Role by structure of the active memberships, read once per request and kept on the user object."""
    if not isinstance(personne, Utilisateur) or not personne.is_active:
        return {}
    deja: dict[int, str] | None = getattr(personne, "_adhesions_actives", None)
    if deja is None:
        deja = dict(Adhesion.objects.actives().filter(utilisateur=personne).values_list("structure_id", "role"))
        personne._adhesions_actives = deja  # type: ignore[attr-defined]
    return deja


@predicate
def est_membre(personne: Personne, structure: Structure | None) -> bool:
    """Belongs to the structure today (direction or membre)."""
    return structure is not None and structure.pk in adhesions_de(personne)


@predicate
def est_direction(personne: Personne, structure: Structure | None) -> bool:
    """Belongs to the structure today as direction."""
    return structure is not None and adhesions_de(personne).get(structure.pk) == Adhesion.Role.DIRECTION


@predicate
def coordonne(personne: Personne, structure: Structure | None) -> bool:
    """Coordinates a pôle whose perimeter holds the structure's commune; asked once per commune and request."""
    poles = poles_coordonnes(personne)
    if structure is None or not poles:
        return False
    deja: dict[str, bool] = personne.__dict__.setdefault("_communes_coordonnees", {})
    code = structure.commune_id
    if code not in deja:
        deja[code] = Pole.objects.filter(pk__in=poles, communes=code).exists()
    return deja[code]


def pole_coordonne(personne: Personne, structure: Structure) -> Pole | None:
    """The pôle that this person coordinates and that holds the structure, of its kind; None without one.

    What is real goes to a real pôle; a demonstration to the demonstration's first.
    """
    poles = poles_coordonnes(personne)
    if not poles:
        return None
    siens = Pole.objects.couvrant(structure.commune).filter(pk__in=poles).order_by("-demonstration", "nom")
    return (siens if structure.fictive else siens.filter(demonstration=False)).first()


@predicate
def peut_annuler(personne: Personne, invitation: Invitation | None) -> bool:
    """Who sent it, or who may invite to the same structure or pôle."""
    if invitation is None or not isinstance(personne, Utilisateur):
        return False
    if invitation.par_id == personne.pk or est_administration(personne):
        return True
    if invitation.structure is not None:
        return bool(est_direction(personne, invitation.structure) or coordonne(personne, invitation.structure))
    return invitation.pole_id in poles_coordonnes(personne)


@predicate
def peut_renvoyer(personne: Personne, invitation: Invitation | None) -> bool:
    """Who may send this invitation today; also asked of its sender when somebody accepts it."""
    if invitation is None:
        return False
    if est_administration(personne):
        return True
    if invitation.structure is not None:
        return bool(est_direction(personne, invitation.structure) or coordonne(personne, invitation.structure))
    return bool(coordonne_le_pole(personne, invitation.pole))


def tient_l_equipe(personne: Personne, adhesion: Adhesion | None) -> bool:
    """Direction of the structure, coordination of its pôle, administration."""
    if adhesion is None:
        return False
    structure = adhesion.structure
    return bool(est_direction(personne, structure) or coordonne(personne, structure) or est_administration(personne))


def ne_se_promeut_pas(personne: Personne, adhesion: Adhesion) -> bool:
    """Nobody gives themself a role; a direction may step down."""
    return adhesion.utilisateur_id != personne.pk or adhesion.role == Adhesion.Role.DIRECTION


@predicate
def peut_changer_le_role(personne: Personne, adhesion: Adhesion | None) -> bool:
    """Of an active membership; nobody promotes themself, a direction may step down."""
    if adhesion is None or adhesion.fin is not None or not tient_l_equipe(personne, adhesion):
        return False
    return ne_se_promeut_pas(personne, adhesion)


@predicate
def est_sa_demande(personne: Personne, demande: DemandeAdhesion | None) -> bool:
    """Somebody's own request."""
    return demande is not None and demande.utilisateur_id is not None and demande.utilisateur_id == personne.pk


@predicate
def peut_repondre(personne: Personne, demande: DemandeAdhesion | None) -> bool:
    """Direction; where there is none, coordination; the administration as a last resort. Never one's own."""
    if demande is None or not isinstance(personne, Utilisateur) or not personne.is_active:
        return False
    if demande.utilisateur_id == personne.pk or demande.email == personne.email:
        return False
    structure = demande.structure
    if est_direction(personne, structure) or est_administration(personne):
        return True
    dirigee = Adhesion.objects.directions().filter(structure=structure).exists()
    return not dirigee and bool(coordonne(personne, structure))


@predicate
def est_son_lot(personne: Personne, lot: LotInvitations | None) -> bool:
    """Who prepared the list, while they coordinate a pôle or administer the portal."""
    if lot is None or lot.par_id != personne.pk:
        return False
    return bool(est_coordination(personne) or est_administration(personne))


@predicate
def coordonne_les_deux(personne: Personne, paire: DoublonPropose | Fusion | None) -> bool:
    """Coordinates one pôle that covers both structures of a pair (or of a merge)."""
    poles = poles_coordonnes(personne)
    if paire is None or not poles:
        return False
    une, autre = (paire.a, paire.b) if isinstance(paire, DoublonPropose) else (paire.gardee, paire.absorbee)
    return Pole.objects.filter(pk__in=poles, communes=une.commune_id).filter(communes=autre.commune_id).exists()


@predicate
def est_tenue(personne: Personne, structure: Structure | None) -> bool:
    """Not absorbed by another one: an absorbed sheet is a trace, nobody writes there."""
    return structure is None or structure.fusionnee_dans_id is None


# The directory is public; what the page shows of persons and offers depends on who looks.
add_perm("structures.voir", always_true)
add_perm("structures.voir_contact", est_connecte)
add_perm("structures.modifier", est_tenue & (est_membre | coordonne | est_administration))
add_perm("structures.inviter", est_tenue & (est_direction | coordonne | est_administration))
# Duplicates: the list of what one may decide; each pair asks for a pôle that covers both.
add_perm("structures.voir_doublons", est_coordination | est_administration)
add_perm("structures.fusionner", coordonne_les_deux | est_administration)
add_perm("structures.rattacher_un_site", est_tenue & (est_direction | coordonne | est_administration))
add_perm("structures.creer", est_coordination | est_administration)
add_perm("structures.fermer", est_tenue & (coordonne | est_administration))
add_perm("structures.relancer", est_tenue & (coordonne | est_administration))
add_perm("structures.verifier", est_coordination | est_administration)
add_perm("structures.importer", est_coordination | est_administration)
# Undoing an import touches every pôle that its list covers: like importing.
add_perm("structures.trancher_ecarts", est_coordination | est_administration)
add_perm("structures.inviter_au_portail", est_coordination | est_administration)
add_perm("structures.annuler_invitation", peut_annuler)
add_perm("structures.annuler_toute_invitation", est_administration)
# Whoever coordinates a pôle gains rights over its communes: widening it is not for them alone.
add_perm("structures.creer_pole", est_pilotage | est_administration)
add_perm("structures.etendre_pole", est_pilotage | est_administration)
add_perm("structures.modifier_perimetre", coordonne_le_pole | est_pilotage | est_administration)
# A bassin concerns the whole région: neither a pôle nor a structure redraws it.
add_perm("structures.deplacer_commune", est_pilotage | est_administration)
add_perm("structures.tenir_annuaire", est_coordination | est_pilotage | est_administration)
add_perm("structures.renvoyer_invitation", peut_renvoyer)
add_perm("structures.changer_role", peut_changer_le_role)
add_perm("structures.demander", est_connecte)
add_perm("structures.voir_demande", est_sa_demande | peut_repondre)
add_perm("structures.repondre_demande", peut_repondre)
add_perm("structures.retirer_demande", est_sa_demande)
add_perm("structures.voir_sans_direction", est_coordination | est_administration)
add_perm("structures.inviter_en_nombre", est_coordination | est_administration)
# A coordination that lost its pôle no longer reads the lists it made; nobody sends in another's name.
add_perm("structures.tenir_lot", est_son_lot)
add_perm("structures.voir_lot", est_son_lot | est_administration)
