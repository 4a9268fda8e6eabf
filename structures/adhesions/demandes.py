"""Requests to join a structure: made, proven, answered, withdrawn."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from socle.courriels import ecrire
from structures.adhesions.equipe import a_une_direction, adherer
from structures.adhesions.invitations import ErreurInvitation, empreinte_du_jeton, inviter
from structures.adhesions.signature import signature
from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.notifications import notifier
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.models import Adhesion, DemandeAdhesion, DemandeAdhesionQuerySet, Invitation, Structure
from structures.regles import adhesions_de
from structures.territoires.models import Commune, Pole

DUREE_PREUVE = timedelta(days=3)
ENVOYES_MAX = 10
# Asking, withdrawing and asking again writes each time to those who answer.
PAR_JOUR, PAR_JOUR_AU_MEME_ENDROIT = 15, 3
EN_COURS = (DemandeAdhesion.Etat.A_CONFIRMER, DemandeAdhesion.Etat.EN_ATTENTE)


class ErreurDemande(Exception):
    """The request can't be made or answered; the message is for the person."""


def approbateurs(structure: Structure) -> QuerySet[Utilisateur]:
    """Who answers the requests: the direction; else the coordination; else the administration."""
    actifs = Utilisateur.objects.filter(is_active=True)
    directions = actifs.filter(pk__in=Adhesion.objects.directions().filter(structure=structure).values("utilisateur"))
    if directions.exists():
        return directions
    coordination = actifs.filter(
        pk__in=Habilitation.objects.actives()
        .filter(role=Habilitation.Role.COORDINATION, pole__communes=structure.commune_id)
        .values("utilisateur")
    )
    if coordination.exists():
        return coordination
    return actifs.filter(
        pk__in=Habilitation.objects.actives().filter(role=Habilitation.Role.ADMINISTRATION).values("utilisateur")
    )


def qui_repond(structure: Structure) -> str:
    """In words: who will answer a request to join this structure."""
    if a_une_direction(structure):
        return "la direction de la structure"
    tenus = Habilitation.objects.actives().filter(role=Habilitation.Role.COORDINATION, utilisateur__is_active=True)
    pole = Pole.objects.filter(communes=structure.commune_id, pk__in=tenus.values("pole")).order_by("pk").first()
    return f"la coordination du {pole}".replace("du Pôle", "du pôle") if pole else "l’administration du portail"


def a_traiter(personne: Utilisateur) -> DemandeAdhesionQuerySet:
    """The requests that await this person's answer. The rule of `approbateurs`, in one query."""
    directions = Adhesion.objects.directions().filter(structure=OuterRef("structure"))
    dirigees = [pk for pk, role in adhesions_de(personne).items() if role == Adhesion.Role.DIRECTION]
    permises = Q(structure__in=dirigees)
    poles = poles_coordonnes(personne)
    if poles:
        permises |= ~Exists(directions) & Q(structure__commune__in=Commune.objects.filter(poles__in=poles))
    if est_administration(personne):
        coordonnees = Habilitation.objects.actives().filter(
            role=Habilitation.Role.COORDINATION,
            utilisateur__is_active=True,
            pole__communes=OuterRef("structure__commune"),
        )
        permises |= ~Exists(directions) & ~Exists(coordonnees)
    siennes = Q(email=personne.email) | Q(utilisateur=personne)
    return DemandeAdhesion.objects.en_attente().filter(permises).exclude(siennes)


@transaction.atomic
def demander(structure: Structure, personne: Utilisateur, role: str, fonction: str, message: str) -> DemandeAdhesion:
    """A signed-in person asks to join. Raises ErreurDemande when it makes no sense."""
    _verifier(structure)
    adhesion = Adhesion.objects.actives().filter(structure=structure, utilisateur=personne).first()
    if adhesion is not None and (adhesion.role == role or adhesion.role == Adhesion.Role.DIRECTION):
        raise ErreurDemande("Vous faites déjà partie de cette structure.")
    if Invitation.objects.en_attente().filter(email=personne.email, structure=structure, role=role).exists():
        raise ErreurDemande("Une invitation de cette structure vous attend déjà\u00a0: acceptez-la.")
    du_jour = DemandeAdhesion.objects.filter(utilisateur=personne, cree_le__gt=timezone.now() - timedelta(days=1))
    if du_jour.count() >= PAR_JOUR or du_jour.filter(structure=structure).count() >= PAR_JOUR_AU_MEME_ENDROIT:
        raise ErreurDemande("Vous avez fait beaucoup de demandes aujourd’hui. Recommencez demain.")
    # Asked before having an account, and not proven then: signing in proved the address.
    DemandeAdhesion.objects.filter(
        structure=structure, email=personne.email, etat=DemandeAdhesion.Etat.A_CONFIRMER
    ).delete()
    try:
        with transaction.atomic():
            demande = DemandeAdhesion.objects.create(
                structure=structure,
                utilisateur=personne,
                email=personne.email,
                nom=(personne.nom_complet or personne.email)[:120],
                role=role,
                fonction=fonction,
                message=message,
            )
    except IntegrityError:
        raise ErreurDemande("Vous avez déjà une demande en attente pour cette structure.") from None
    _transmettre(demande)
    return demande


@transaction.atomic
def demander_sans_compte(structure: Structure, email: str, nom: str, role: str, fonction: str, message: str) -> None:
    """Somebody without an account asks for an invitation: a message to their own address proves it first.

    Nothing they typed leaves in that message but the name of a public structure. Whoever asks gets
    the same answer whatever the address is.
    """
    email = email.strip().lower()
    _verifier(structure)
    lien_structure = settings.PCTI_URL + structure.get_absolute_url()
    if Utilisateur.objects.filter(email=email).exists():
        ecrire(
            "demande_compte_connu",
            email,
            {"structure": structure, "lien": lien_structure, **signature(structure)},
            objet=f"structure:{structure.pk}",
        )
        return
    jeton = secrets.token_urlsafe(32)
    champs = {
        "nom": nom,
        "role": role,
        "fonction": fonction,
        "message": message,
        "empreinte": empreinte_du_jeton(jeton),
        "cree_le": timezone.now(),
    }
    try:
        with transaction.atomic():
            demande, _ = DemandeAdhesion.objects.update_or_create(
                structure=structure,
                email=email,
                utilisateur=None,
                etat=DemandeAdhesion.Etat.A_CONFIRMER,
                defaults=champs,
            )
    except IntegrityError:
        return  # One already awaits an answer there.
    ecrire(
        "demande_a_confirmer",
        email,
        {
            "structure": structure,
            "lien": settings.PCTI_URL + reverse("structures:confirmer_demande", args=[jeton]),
            **signature(structure),
        },
        objet=f"demande:{demande.pk}",
    )


def du_jeton(jeton: str) -> DemandeAdhesion | None:
    """The request that this link proves, while it may still be proven."""
    return (
        DemandeAdhesion.objects.filter(
            empreinte=empreinte_du_jeton(jeton),
            etat=DemandeAdhesion.Etat.A_CONFIRMER,
            cree_le__gt=timezone.now() - DUREE_PREUVE,
        )
        .select_related("structure__commune")
        .first()
    )


@transaction.atomic
def prouver(demande: DemandeAdhesion) -> bool:
    """The address is proven: the request goes to who answers. False when it was already done."""
    faite = DemandeAdhesion.objects.filter(pk=demande.pk, etat=DemandeAdhesion.Etat.A_CONFIRMER).update(
        etat=DemandeAdhesion.Etat.EN_ATTENTE, empreinte=None, cree_le=timezone.now()
    )
    if faite:
        demande.refresh_from_db()
        _transmettre(demande)
    return bool(faite)


def _verifier(structure: Structure) -> None:
    if structure.fermee_le is not None:
        raise ErreurDemande("Cette structure est fermée\u00a0: on ne peut plus la rejoindre.")


def _transmettre(demande: DemandeAdhesion) -> None:
    for personne in approbateurs(demande.structure).exclude(email=demande.email).order_by("pk")[:ENVOYES_MAX]:
        notifier(
            personne,
            "structures-demande",
            "demande_adhesion",
            {
                "demande": demande,
                "structure": demande.structure,
                "lien": settings.PCTI_URL + reverse("structures:demande", args=[demande.pk]),
                **signature(demande.structure),
            },
            objet=f"demande:{demande.pk}",
            repondre_a=demande.email,
        )


@transaction.atomic
def repondre(demande: DemandeAdhesion, par: Utilisateur, *, oui: bool, role: str = "", mot: str = "") -> None:
    """Accept (with the role chosen by who answers) or refuse, with a word. Raises ErreurDemande.

    Somebody without an account is invited: the invitation is their answer.
    """
    demande = DemandeAdhesion.objects.select_for_update(no_key=True).get(pk=demande.pk)
    if demande.etat != DemandeAdhesion.Etat.EN_ATTENTE:
        raise ErreurDemande("Cette demande a déjà reçu une réponse, ou a été retirée.")
    demande.etat = DemandeAdhesion.Etat.ACCEPTEE if oui else DemandeAdhesion.Etat.REFUSEE
    demande.reponse, demande.repondue_par, demande.repondue_le = mot, par, timezone.now()
    role = role or demande.role
    if oui:
        _verifier(demande.structure)
        _accueillir(demande, par, role, mot)
    demande.save(update_fields=["etat", "reponse", "repondue_par", "repondue_le"])
    if oui and demande.utilisateur is None:
        return
    _dire_la_reponse(demande, par, role)


def _dire_la_reponse(demande: DemandeAdhesion, par: Utilisateur, role: str) -> None:
    contexte = {
        "demande": demande,
        "structure": demande.structure,
        "role": Adhesion.Role(role).label,
        "par": par,
        "lien": settings.PCTI_URL + demande.structure.get_absolute_url(),
        **signature(demande.structure),
    }
    objet = f"demande:{demande.pk}"
    if demande.utilisateur is None:
        ecrire("demande_repondue", demande.email, contexte, objet=objet, repondre_a=par.email)
    else:
        # At their address of today: it may have changed since they asked.
        notifier(
            demande.utilisateur, "structures-adhesion", "demande_repondue", contexte,
            objet=objet, repondre_a=par.email,
        )  # fmt: skip


def _accueillir(demande: DemandeAdhesion, par: Utilisateur, role: str, mot: str) -> None:
    if demande.utilisateur is None:
        try:
            inviter(demande.structure, demande.email, role, par, nom=demande.nom, mot=mot)
        except ErreurInvitation as erreur:
            raise ErreurDemande(str(erreur)) from None
        return
    if not demande.utilisateur.is_active:
        raise ErreurDemande("Le compte de cette personne est fermé.")
    adherer(demande.utilisateur, demande.structure, role, par)


def retirer(demande: DemandeAdhesion) -> bool:
    """The person gives up. False when an answer came first."""
    return bool(
        DemandeAdhesion.objects.en_attente()
        .filter(pk=demande.pk)
        .update(etat=DemandeAdhesion.Etat.RETIREE, repondue_le=timezone.now())
    )


def oublier_les_non_prouvees() -> int:
    """Delete requests whose address nobody proved: data of somebody who may never have asked."""
    limite = timezone.now() - DUREE_PREUVE
    faites, _ = DemandeAdhesion.objects.filter(etat=DemandeAdhesion.Etat.A_CONFIRMER, cree_le__lt=limite).delete()
    return faites
