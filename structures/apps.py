"""Configuration of the application."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def remplir_les_publics(sender: Any, **_: Any) -> None:
    """Fill the list of publics when it is empty (first migration; after a flush in tests)."""
    from structures.models import Public
    from structures.referentiel import lire_donnees

    if not Public.objects.exists():
        Public.objects.bulk_create([Public(**ligne) for ligne in lire_donnees("publics")])


class StructuresConfig(AppConfig):
    name = "structures"
    label = "structures"
    verbose_name = "Structures"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from socle import prises
        from structures.adhesions import brancher as brancher_les_adhesions
        from structures.attentes import attentes, attentes_de_la_coordination
        from structures.comptes.notifications import declarer
        from structures.connexion import accueillir
        from structures.doublons.branchements import brancher as brancher_l_identite
        from structures.imports.attentes import attentes as attentes_des_imports

        declarer(
            "structures-invitation",
            "Les invitations",
            "Quelqu’un vous invite à rejoindre une structure, ou à tenir un rôle sur le portail.",
            obligatoire=True,
        )
        declarer(
            "rappel de fraîcheur",
            "Les fiches à confirmer",
            "Une fiche que vous tenez n’a pas été confirmée depuis bientôt six mois. Au plus un courriel par mois, "
            "toutes vos structures ensemble.",
        )
        declarer(
            "structures-contact",
            "Votre nom sur une fiche",
            "Quelqu’un a noté votre accord pour que les partenaires lisent votre nom\u00a0: vous pouvez le retirer.",
            obligatoire=True,
        )
        post_migrate.connect(remplir_les_publics, sender=self)
        user_logged_in.connect(accueillir)
        prises.attentes.brancher(attentes, rang=30)
        prises.attentes.brancher(attentes_de_la_coordination, rang=31)
        brancher_les_adhesions()
        prises.attentes.brancher(attentes_des_imports, rang=40)
        brancher_l_identite()
