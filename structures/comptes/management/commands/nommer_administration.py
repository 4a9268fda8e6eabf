"""`manage.py nommer_administration ADRESSE`: the first account of a new portal, which invites the others."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from structures.comptes.models import Utilisateur
from structures.comptes.operations import habiliter


class Command(BaseCommand):
    help = "Donne l’administration du portail à une adresse ; crée son compte s’il manque."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("adresse")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        adresse = options["adresse"].strip().lower()
        try:
            validate_email(adresse)
        except ValidationError as erreur:
            raise CommandError(f"« {adresse} » n’est pas une adresse électronique.") from erreur
        utilisateur = Utilisateur.objects.filter(email=adresse).first() or Utilisateur.objects.create_user(adresse)
        if not utilisateur.is_active:
            raise CommandError(f"Le compte {adresse} est désactivé : réactivez-le d’abord.")
        habiliter(utilisateur, "administration")
        self.stdout.write(f"{adresse} administre le portail et se connecte avec un code reçu par courriel.")
