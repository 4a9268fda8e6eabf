"""``manage.py check --deploy``: each missing or unsafe setting, by its name and with what to do."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security, deploy=True)
def reglages_de_production(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """What an operator must set before opening the portal to people."""
    return [*_adresse_et_cle(), *_base_et_courtier(), *_courriel(), *_sceau(), *_proconnect()]


def _adresse_et_cle() -> Iterator[CheckMessage]:
    if settings.EMBARQUE:
        yield Warning(
            "PCTI_ENV vaut « embarque » : réglages d’essai sur une seule machine.",
            hint="PCTI_ENV=production pour ouvrir le portail au public.",
            id="pcti.W001",
        )
    if not settings.PCTI_URL.startswith("https://"):
        yield Error(
            f"PCTI_URL ({settings.PCTI_URL}) n’est pas une adresse https.",
            hint="PCTI_URL=https://… : les cookies de session ne partent alors que chiffrés.",
            id="pcti.E001",
        )
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 10:
        yield Error(
            "SECRET_KEY est trop courte ou trop pauvre.",
            hint='python3 -c "import secrets; print(secrets.token_urlsafe(64))" en donne une bonne.',
            id="pcti.E002",
        )
    if not settings.EMBARQUE and settings.PCTI_FRONTAUX < 1:
        yield Warning(
            "PCTI_FRONTAUX vaut 0 : derrière un serveur frontal, tous les visiteurs ont la même adresse.",
            hint="PCTI_FRONTAUX=1 si un serveur frontal ajoute l’adresse du visiteur à X-Forwarded-For.",
            id="pcti.W007",
        )
    if settings.PCTI_DEMO:
        yield Error(
            "PCTI_DEMO est actif : n’importe qui peut entrer avec un compte de démonstration.",
            hint="PCTI_DEMO=0, ou PCTI_ENV=production.",
            id="pcti.E003",
        )


def _base_et_courtier() -> Iterator[CheckMessage]:
    base = settings.DATABASES["default"]
    if base["ENGINE"].endswith("sqlite3"):
        yield Warning(
            "DATABASE_URL est absente : la base est un fichier SQLite dans var/.",
            hint="PostgreSQL pour la production : DATABASE_URL=postgres://utilisateur:motdepasse@hote/base. "
            "SQLite ne convient qu’à une seule machine, sur un disque local.",
            id="pcti.W002",
        )
    if not settings.REDIS_URL:
        yield Error(
            "REDIS_URL est absente : le courtier embarqué n’existe que si lancer.py tourne.",
            hint="REDIS_URL=redis://hote:6379/0",
            id="pcti.E004",
        )
    var = Path(settings.VAR)
    if var.stat().st_mode & 0o007:
        yield Warning(
            f"Le dossier {var} est lisible de tous les comptes de la machine.",
            hint=f"chmod 750 {var}",
            id="pcti.W003",
        )


def _courriel() -> Iterator[CheckMessage]:
    if settings.EMAIL_BACKEND == "pcti.demo.boite.BoiteDemonstration":
        yield Error(
            "EMAIL_URL est absente : les courriels restent dans la boîte de démonstration.",
            hint="EMAIL_URL=smtp+tls://utilisateur:motdepasse@serveur:587",
            id="pcti.E005",
        )
    elif settings.EMAIL_BACKEND == "socle.transport.EmailBackend" and settings.EMAIL_HOST == "localhost":
        yield Warning(
            "EMAIL_URL est absente ou vise cette machine : les codes de connexion partiront par localhost.",
            hint="EMAIL_URL=smtp+tls://utilisateur:motdepasse@serveur:587",
            id="pcti.W004",
        )
    if settings.DEFAULT_FROM_EMAIL.rstrip(">").endswith(".invalid"):
        yield Error(
            "PCTI_EXPEDITEUR n’est pas réglé : les courriels partiraient d’une adresse qui n’existe pas.",
            hint="PCTI_EXPEDITEUR='PCTI <ne-pas-repondre@exemple.fr>'",
            id="pcti.E006",
        )


def _sceau() -> Iterator[CheckMessage]:
    if not settings.PCTI_SCEAU_P12:
        yield Warning(
            "PCTI_SCEAU_P12 est absent : les conventions sont scellées par une autorité locale, "
            "sans valeur probante auprès d’un tiers.",
            hint="PCTI_SCEAU_P12=/chemin/cachet.p12 et PCTI_SCEAU_MOT_DE_PASSE",
            id="pcti.W005",
        )
    elif not Path(settings.PCTI_SCEAU_P12).is_file():
        yield Error(f"PCTI_SCEAU_P12 : le fichier {settings.PCTI_SCEAU_P12} n’existe pas.", id="pcti.E007")
    if not settings.PCTI_TSA_URL:
        yield Warning(
            "PCTI_TSA_URL est absente : l’horodatage des sceaux vient d’une horloge locale.",
            hint="PCTI_TSA_URL=https://… (RFC 3161)",
            id="pcti.W006",
        )


def _proconnect() -> Iterator[CheckMessage]:
    """Nothing to say when ProConnect is not asked for; else it has to be complete and encrypted."""
    reglages = {
        nom: getattr(settings, nom)
        for nom in ("PCTI_PROCONNECT_CLIENT_ID", "PCTI_PROCONNECT_SECRET", "PCTI_PROCONNECT_URL")
    }
    if not any(reglages.values()):
        return
    manque = [nom for nom, valeur in reglages.items() if not valeur]
    if manque:
        yield Error(
            f"ProConnect est réglé à moitié : il manque {', '.join(manque)}.",
            hint="Donnez les trois, ou aucun : le bouton ne paraît qu’avec l’identifiant et l’adresse.",
            id="pcti.E008",
        )
    if reglages["PCTI_PROCONNECT_URL"] and not reglages["PCTI_PROCONNECT_URL"].startswith("https://"):
        yield Error(
            f"PCTI_PROCONNECT_URL ({reglages['PCTI_PROCONNECT_URL']}) n’est pas une adresse https.",
            hint="PCTI_PROCONNECT_URL=https://…/api/v2 (donnée par ProConnect à l’inscription)",
            id="pcti.E009",
        )
    if "openid" not in settings.PCTI_PROCONNECT_PORTEE or "email" not in settings.PCTI_PROCONNECT_PORTEE:
        yield Error(
            "PCTI_PROCONNECT_PORTEE ne demande pas « openid » et « email » : personne ne serait reconnu.",
            hint="PCTI_PROCONNECT_PORTEE='openid email given_name usual_name'",
            id="pcti.E010",
        )
