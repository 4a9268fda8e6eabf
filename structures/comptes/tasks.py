"""Thin Celery tasks of the accounts."""

from celery import shared_task


@shared_task
def entretenir_les_comptes() -> dict[str, int]:
    """Once a day: warnings, deletions for inactivity, expired sessions, old e-mails. Each is idempotent."""
    from socle.courriels import purger as purger_les_courriels
    from structures.comptes import sessions, suppression

    return {
        "annonces": suppression.annoncer_les_fermetures(),
        "fermes": suppression.fermer_les_inactifs(),
        "sessions": sessions.purger(),
        "evenements": suppression.oublier_les_evenements(),
        "courriels": purger_les_courriels(),
    }
