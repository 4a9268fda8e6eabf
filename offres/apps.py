"""Configuration of the application."""

import json
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

SERVICES = Path(__file__).resolve().parent / "donnees" / "services.json"


def remplir_les_services(sender: Any, **_: Any) -> None:
    """Fill the controlled list (domaine.md §3.5) when it is empty; what the administration changed stays.

    After each migrate rather than in a migration: tests that flush the database find it again.
    """
    from offres.models import Service

    if not Service.objects.exists():
        entrees = json.loads(SERVICES.read_text(encoding="utf-8"))
        Service.objects.bulk_create([Service(**entree) for entree in entrees])


class OffresConfig(AppConfig):
    name = "offres"
    label = "offres"
    verbose_name = "Offres et besoins"

    def ready(self) -> None:
        from offres.branchements import brancher
        from structures.comptes.notifications import declarer

        declarer(
            "offres-campagne",
            "L’ouverture d’une collecte",
            "Le lien du questionnaire où votre structure dit ce qu’elle peut partager et ce dont elle a besoin.",
        )
        declarer(
            "offres-relance",
            "Les rappels d’une collecte",
            "Quand votre structure n’a pas encore répondu\u00a0: jamais deux par jour, aucun après la date limite.",
        )
        declarer(
            "offres-services",
            "La liste des services",
            "Un service qu’une coordination propose d’ajouter à la liste, et la réponse de l’administration.",
        )
        declarer(
            "offres-service-rattache",
            "Une de vos lignes rattachée à un service",
            "Vous aviez répondu «\u00a0autre service\u00a0»\u00a0: un service de la liste y correspond désormais.",
        )
        declarer(
            "offres-reouverture",
            "Une réponse rouverte",
            "La coordination vous demande de compléter une réponse déjà envoyée, et dit pourquoi.",
        )
        declarer(
            "offres-confirmation",
            "Une réponse à confirmer",
            "La coordination a rempli le questionnaire avec vous pendant un entretien\u00a0: à relire et à envoyer.",
            obligatoire=True,
        )
        declarer(
            "offres-cooperation",
            "Une coopération proposée, acceptée ou déclinée",
            "Un courriel dès qu’une structure vous propose de coopérer, ou répond à votre proposition.",
        )
        declarer(
            "offres-cooperation-resume",
            "Le résumé quotidien des coopérations",
            "Si vous refusez le courriel précédent\u00a0: un seul courriel le matin, les jours où il s’est "
            "passé quelque chose.",
        )
        declarer(
            "offres-nouveautes",
            "Le résumé hebdomadaire des offres et des besoins",
            "Le lundi\u00a0: les offres nouvelles qui répondent à vos besoins, et les besoins nouveaux que vos offres "
            "peuvent couvrir. Rien les semaines sans nouveauté.",
        )
        post_migrate.connect(remplir_les_services, sender=self)
        brancher()
