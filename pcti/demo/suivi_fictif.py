"""What was written to the structures of a fictive campaign, and what became of it: the tracking page lives."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.template.loader import render_to_string
from django.utils import timezone

from offres import textes
from offres.models import Besoin, Campagne, Offre, Relance, Reponse, Service
from offres.models.referentiel import HORS_LISTE
from offres.relances import texte_du_palier
from pcti.demo.comptes_fictifs import direction_de
from pcti.demo.models import MessageRecu
from socle.courriels import domaine
from socle.models import Courriel
from structures.comptes.models import Utilisateur

# One structure in nine has nobody on the portal yet.
SANS_PERSONNE = 9
# Among those that have not begun, in their order: what happened to each. The others were only invited.
REFUS: dict[int, tuple[str, str]] = {
    1: ("pas-concernee", "Nous n’accueillons que des enfants de moins de douze ans."),
    4: ("ailleurs", "Le siège répond pour nos trois établissements."),
}
INCIDENTS: dict[int, tuple[str, str]] = {2: ("revenu", Courriel.Retour.ADRESSE), 3: ("incertain", "")}
MUETTE = 6


@dataclass
class Courrier:
    """The rows to write, all at once at the end."""

    courriels: list[Courriel] = field(default_factory=list)
    relances: list[Relance] = field(default_factory=list)
    recus: list[MessageRecu] = field(default_factory=list)

    def ecrire(self) -> None:
        Courriel.objects.bulk_create(self.courriels, batch_size=500)
        Relance.objects.bulk_create(self.relances, batch_size=500)
        # The oldest first: the mailbox is read by number.
        MessageRecu.objects.bulk_create(sorted(self.recus, key=lambda m: m.recu_le), batch_size=500)


def raconter(campagne: Campagne, coordination: Utilisateur) -> int:
    """Directions, invitations, reminders, two refusals, one returned e-mail, one uncertain; how many e-mails."""
    Campagne.objects.filter(pk=campagne.pk).update(ouverte_par=coordination)
    campagne.ouverte_par = coordination
    courrier, rang = Courrier(), 0
    changees: list[Reponse] = []
    reponses = campagne.reponses.select_related("structure__commune").order_by("structure_id")
    for numero, reponse in enumerate(reponses):
        reponse.campagne = campagne
        if reponse.etat == Reponse.Etat.INVITEE and numero % SANS_PERSONNE == 0:
            continue
        personne = direction_de(reponse.structure)
        if reponse.etat == Reponse.Etat.SOUMISE:
            reponse.soumise_par = reponse.modifie_par = personne
            changees.append(reponse)
        incident = refus = None
        voulu = True
        if reponse.etat == Reponse.Etat.INVITEE:
            rang += 1
            incident, refus, voulu = INCIDENTS.get(rang), REFUS.get(rang), rang != MUETTE
        if refus is not None:
            _refuser(reponse, refus, personne)
            changees.append(reponse)
        elif incident is not None:
            reponse.ouverte_le = None
            changees.append(reponse)
        _ecrire_a(courrier, campagne, reponse, personne, incident, voulu=voulu)
    courrier.ecrire()
    _ecrire_autre_service(campagne)
    Reponse.objects.bulk_update(
        changees,
        ["etat", "soumise_par", "modifie_par", "ouverte_le", "refusee_le", "refusee_par", "refus", "motif_refus"],
        batch_size=200,
    )
    return len(courrier.courriels)


def _ecrire_autre_service(campagne: Campagne) -> None:
    """An offer and a need beside the list: the coordination has something to bring to a service."""
    envoyees = list(campagne.reponses.filter(etat=Reponse.Etat.SOUMISE).select_related("structure")[1:3])
    autre = Service.objects.filter(slug=HORS_LISTE).first()
    if autre is None or len(envoyees) < 2:
        return
    for modele, reponse, mots, description in (
        (Offre, envoyees[0], "Prêt de véhicules le week-end", "Deux minibus de neuf places, du vendredi au lundi."),
        (Besoin, envoyees[1], "Permis adapté", "Un accompagnement au code et à la conduite sur véhicule aménagé."),
    ):
        modele.objects.create(
            reponse=reponse, structure=reponse.structure, service=autre, service_autre=mots, description=description,
            volume=6, unite=autre.unite_volume, rayonnement="region", publiee=True, publiee_le=reponse.soumise_le,
        )  # fmt: skip


def _refuser(reponse: Reponse, refus: tuple[str, str], personne: Utilisateur) -> None:
    reponse.etat = Reponse.Etat.REFUSEE
    reponse.refus, reponse.motif_refus = refus
    reponse.refusee_par, reponse.refusee_le = personne, timezone.now() - timedelta(days=48)
    reponse.ouverte_le = reponse.refusee_le


def _ecrire_a(
    courrier: Courrier,
    campagne: Campagne,
    reponse: Reponse,
    personne: Utilisateur,
    incident: tuple[str, str] | None,
    *,
    voulu: bool,
) -> None:
    """The invitation, then the reminders that were due before the structure answered or refused."""
    invitee = reponse.invitee_le or timezone.now()
    fin = reponse.soumise_le or reponse.refusee_le or timezone.now()
    paliers = [("invitation", invitee), ("j+7", invitee + timedelta(days=7)), ("j+14", invitee + timedelta(days=14))]
    for palier, quand in paliers:
        if quand > fin or (palier != "invitation" and incident is not None):
            return
        if palier != "invitation" and not voulu:
            courrier.relances.append(
                Relance(reponse=reponse, personne=personne, palier=palier, sort=Relance.Sort.NON_VOULUE, cree_le=quand)
            )
            continue
        courriel = _courriel(campagne, reponse, personne, palier, quand)
        if incident is not None:
            _gater(courriel, incident, quand)
        courrier.courriels.append(courriel)
        courrier.relances.append(
            Relance(reponse=reponse, personne=personne, palier=palier, courriel=courriel, cree_le=quand)
        )
        if courriel.etat == Courriel.Etat.ENVOYE:
            courrier.recus.append(_recu(courriel, quand))


def _courriel(campagne: Campagne, reponse: Reponse, personne: Utilisateur, palier: str, quand: datetime) -> Courriel:
    # On that day, nobody had answered.
    alors = Reponse(pk=reponse.pk, campagne=campagne, structure=reponse.structure)
    sujet, texte = textes.composer(campagne, texte_du_palier(palier), [alors])
    return Courriel(
        modele="offres_collecte",
        destinataire=personne.email,
        sujet=sujet,
        texte=texte,
        html=render_to_string("courriels/cadre.html", {"sujet": sujet, "texte": texte}),
        objet=f"offres.reponse:{reponse.pk}",
        repondre_a=campagne.ouverte_par.email if campagne.ouverte_par else "",
        etat=Courriel.Etat.ENVOYE,
        essais=1,
        cree_le=quand,
        pas_avant=quand,
        envoye_le=quand,
    )


def _gater(courriel: Courriel, incident: tuple[str, str], quand: datetime) -> None:
    courriel.etat, courriel.retour = incident
    if courriel.etat == Courriel.Etat.REVENU:
        courriel.revenu_le = quand + timedelta(minutes=4)
        courriel.erreur = "5.1.1 smtp; 550 5.1.1 User unknown"
    else:
        courriel.envoye_le, courriel.reclame_le = None, quand


def _recu(courriel: Courriel, quand: datetime) -> MessageRecu:
    return MessageRecu(
        message_id=f"<{courriel.pk}@{domaine()}>",
        destinataire=courriel.destinataire,
        sujet=courriel.sujet,
        texte=courriel.texte,
        recu_le=quand,
    )
