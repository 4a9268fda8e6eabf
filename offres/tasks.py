"""Thin Celery tasks of this room."""

from celery import shared_task


@shared_task
def expirer_les_propositions() -> int:
    """Every morning: the proposals that nobody answered in time. Idempotent."""
    from offres.cooperations import expirer_les_propositions as expirer

    return expirer()


@shared_task
def resumer_les_cooperations() -> int:
    """Every morning: one e-mail to each person who chose the summary. Idempotent."""
    from offres.avis_rapprochements import envoyer_les_resumes

    return envoyer_les_resumes()


@shared_task
def ecrire_les_nouveautes() -> int:
    """On Mondays, often: the weekly summaries that are still to be written, a lot at a time. Idempotent."""
    from offres.nouveautes import ecrire_les_nouveautes as ecrire

    return ecrire()


@shared_task
def avancer_les_campagnes() -> int:
    """In working hours: what begins today is opened, late comers are invited, reminders are written. Idempotent."""
    from offres.campagnes import avancer_les_campagnes as avancer

    return avancer()
