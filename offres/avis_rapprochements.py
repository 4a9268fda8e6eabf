"""Telling both sides of a match: at once, or once a day, as each person chose."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from offres.etats import PASSAGES
from offres.models import AvisRapprochement, EtapeRapprochement, Rapprochement
from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.notifications import notifier, veut
from structures.models import Adhesion, Structure
from structures.territoires.models import Pole

# Kinds of e-mails. Whoever refuses the first one and keeps the second gets one e-mail a day.
IMMEDIAT, RESUME = "offres-cooperation", "offres-cooperation-resume"
LOT = 200


def _directions(structures: Iterable[int]) -> list[Utilisateur]:
    adhesions = Adhesion.objects.directions().filter(structure__in=list(structures)).select_related("utilisateur")
    return sorted({adhesion.utilisateur for adhesion in adhesions}, key=lambda personne: personne.email)


def _coordinations(structure: Structure) -> list[Utilisateur]:
    """Who coordinates the pôles that hold a structure, those of its own kind (demonstration or not)."""
    poles = Pole.objects.couvrant(structure.commune).filter(demonstration=structure.fictive)
    droits = [droit for pole in poles for droit in Habilitation.objects.de_coordination(pole)]
    personnes = {droit.utilisateur for droit in droits if droit.utilisateur.is_active}
    return sorted(personnes, key=lambda personne: personne.email)


def destinataires(etape: EtapeRapprochement) -> list[Utilisateur]:
    """The directions of the other side, who took part in the exchange, never who acts.

    What the portal or the coordination does is told to both sides.
    """
    rapprochement = etape.rapprochement
    cotes = {rapprochement.besoin.structure_id, rapprochement.offre.structure_id}
    if etape.par is not None:
        siennes = set(
            Adhesion.objects.actives()
            .filter(utilisateur=etape.par, structure__in=cotes)
            .values_list("structure", flat=True)
        )
        # Somebody who belongs to both sides informs the colleagues of both.
        cotes = cotes - siennes or cotes
    personnes = {personne.pk: personne for personne in _directions(cotes)}
    for personne in (rapprochement.auteur, rapprochement.repondue_par):
        if personne is not None and Adhesion.objects.actives().filter(utilisateur=personne, structure__in=cotes):
            personnes.setdefault(personne.pk, personne)
    if etape.par is not None:
        personnes.pop(etape.par.pk, None)
    if not personnes and etape.action == "proposer":
        # Nobody of the structure is on the portal: without the coordination the proposal would wait in vain.
        return _coordinations(rapprochement.sollicitee)
    return list(personnes.values())


def phrase(etape: EtapeRapprochement) -> str:
    """« ESAT du Bocage a accepté la coopération. » The person stays unnamed until both agree."""
    recit = PASSAGES[etape.action].recit
    # What happens to a match, rather than what somebody does with it, is a sentence of its own.
    if recit[0].isupper():
        return f"{recit}."
    return f"{_qui_parle(etape)} {recit}."


def _qui_parle(etape: EtapeRapprochement) -> str:
    """The structure in whose name a passage was made, else « La coordination du pôle »."""
    rapprochement = etape.rapprochement
    if etape.action in ("proposer", "retirer") and rapprochement.cote != Rapprochement.Cote.COORDINATION:
        return rapprochement.proposante.nom
    if etape.action in ("accepter", "decliner"):
        return rapprochement.sollicitee.nom
    cotes = (rapprochement.besoin.structure, rapprochement.offre.structure)
    siennes = set(
        Adhesion.objects.actives()
        .filter(utilisateur=etape.par, structure__in=cotes)
        .values_list("structure", flat=True)
    )
    return next((cote.nom for cote in cotes if cote.pk in siennes), "La coordination du pôle")


def lien(rapprochement: Rapprochement) -> str:
    return str(settings.PCTI_URL) + rapprochement.get_absolute_url()


def prevenir(etape: EtapeRapprochement) -> None:
    """Write to who wants to know at once; keep for the evening's summary what the others will read."""
    rapprochement = etape.rapprochement
    siens = Adhesion.objects.actives().filter(
        structure__in=(rapprochement.besoin.structure_id, rapprochement.offre.structure_id)
    )
    for personne in destinataires(etape):
        if veut(personne, IMMEDIAT):
            partage = rapprochement.convenu and etape.par is not None
            notifier(
                personne,
                IMMEDIAT,
                "offres_cooperation",
                {
                    "etape": etape,
                    "rapprochement": rapprochement,
                    "phrase": phrase(etape),
                    "contact": etape.par if partage else None,
                    "lien": lien(rapprochement),
                    "page": str(settings.PCTI_URL) + rapprochement.sollicitee.get_absolute_url(),
                    # Nobody of the structure answers on the portal: its coordination is told instead.
                    "a_la_coordination": not siens.filter(utilisateur=personne).exists(),
                },
                objet=f"offres.rapprochement:{rapprochement.pk}",
                repondre_a=etape.par.email if partage and etape.par is not None else "",
            )
        elif veut(personne, RESUME):
            AvisRapprochement.objects.get_or_create(personne=personne, etape=etape)


def envoyer_les_resumes() -> int:
    """One e-mail per person for all that waits; how many were written.

    A line is claimed in the transaction that writes the e-mail: run twice, or after a dead worker, nobody
    reads the same thing twice.
    """
    attendent = AvisRapprochement.objects.filter(envoye_le__isnull=True).order_by("personne")
    ecrits = 0
    for numero in list(attendent.values_list("personne", flat=True).distinct()[:LOT]):
        ecrits += _resumer(numero)
    return ecrits


@transaction.atomic
def _resumer(numero: int) -> int:
    personne = Utilisateur.objects.select_for_update().get(pk=numero)
    avis = list(
        AvisRapprochement.objects.filter(personne=personne, envoye_le__isnull=True)
        .select_related("etape__par", "etape__rapprochement__besoin__service")
        .select_related("etape__rapprochement__besoin__structure", "etape__rapprochement__offre__structure")
        .order_by("etape__le", "pk")
    )
    if not avis:
        return 0
    AvisRapprochement.objects.filter(pk__in=[a.pk for a in avis]).update(envoye_le=timezone.now())
    # Refused since: claimed all the same, so that it doesn't come back later.
    courriel = notifier(
        personne,
        RESUME,
        "offres_cooperations_resume",
        {
            "lignes": [(phrase(a.etape), a.etape.rapprochement) for a in avis],
            "nombre": len(avis),
            "lien": str(settings.PCTI_URL) + reverse("offres:rapprochements"),
        },
        objet=f"offres.resume:{personne.pk}",
    )
    return 1 if courriel is not None else 0
