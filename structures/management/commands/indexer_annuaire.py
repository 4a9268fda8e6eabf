"""``manage.py indexer_annuaire``: write the words of the directory again (communes renamed, restored database)."""

from typing import Any

from django.core.management.base import BaseCommand

from structures.models import Mot, Structure
from structures.models.mots import LOT, indexer


class Command(BaseCommand):
    """Idempotent: what is up to date stays untouched."""

    help = "Réécrit les mots sous lesquels l’annuaire trouve chaque structure."

    def handle(self, *args: Any, **options: Any) -> None:
        """One short transaction per 300 structures."""
        changees, dernier = 0, 0
        fiches = Structure.objects.select_related("commune").order_by("pk")
        while lot := list(fiches.filter(pk__gt=dernier)[:LOT]):
            changees += indexer(lot)
            dernier = lot[-1].pk
        oublies, _ = Mot.objects.filter(mentions__isnull=True).delete()
        self.stdout.write(f"{changees} mentions écrites ou retirées, {oublies} mots oubliés.")
