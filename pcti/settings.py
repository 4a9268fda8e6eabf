"""Settings, all from the environment (see docs/exploitation.md for the list).

Nobody imports this module: code reads ``django.conf.settings``.
"""

from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from pcti.integration import sites_qui_encadrent
from pcti.secret import cle_secrete

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

PCTI_ENV: str = env.str("PCTI_ENV", default="embarque")
if PCTI_ENV not in {"embarque", "production"}:
    raise ImproperlyConfigured("PCTI_ENV vaut « embarque » ou « production ».")
EMBARQUE = PCTI_ENV == "embarque"
# All that the embedded mode writes: database, sockets, secrets, documents, logs.
VAR = Path(env.str("PCTI_VAR", default=str(BASE_DIR / "var")))
VAR.mkdir(parents=True, exist_ok=True, mode=0o750)

PCTI_URL: str = env.str("PCTI_URL", default="http://127.0.0.1:" + env.str("PORT", default="8000")).rstrip("/")
PCTI_REGION: str = env.str("PCTI_REGION", default="28")
PCTI_MARQUE_ETAT: bool = env.bool("PCTI_MARQUE_ETAT", default=False)
PCTI_TUILES_URL: str = env.str("PCTI_TUILES_URL", default="")
# Sites that may show our public maps in a frame: https://partenaire.fr,https://*.autre.fr (nobody by default).
PCTI_INTEGRATION: list[str] = sites_qui_encadrent(env.str("PCTI_INTEGRATION", default=""))
PCTI_GEOCODAGE_URL: str = env.str("PCTI_GEOCODAGE_URL", default="")
PCTI_SCEAU_P12: str = env.str("PCTI_SCEAU_P12", default="")
PCTI_SCEAU_MOT_DE_PASSE: str = env.str("PCTI_SCEAU_MOT_DE_PASSE", default="")
PCTI_TSA_URL: str = env.str("PCTI_TSA_URL", default="")
# ProConnect (docs/exploitation.md): nothing is shown until the identifier, the secret and the address are given.
PCTI_PROCONNECT_CLIENT_ID: str = env.str("PCTI_PROCONNECT_CLIENT_ID", default="")
PCTI_PROCONNECT_SECRET: str = env.str("PCTI_PROCONNECT_SECRET", default="")
# Of the issuer (https://…/api/v2) or of its discovery document.
PCTI_PROCONNECT_URL: str = env.str("PCTI_PROCONNECT_URL", default="")
PCTI_PROCONNECT_PORTEE: list[str] = env.str(
    "PCTI_PROCONNECT_PORTEE", default="openid email given_name usual_name"
).split()
PCTI_PROCONNECT_PKCE: bool = env.bool("PCTI_PROCONNECT_PKCE", default=False)
# An answer without « email_verified »: is the address to be believed? Else a code proves it, once.
PCTI_PROCONNECT_COURRIEL_SUR: bool = env.bool("PCTI_PROCONNECT_COURRIEL_SUR", default=False)

DEBUG = False
# Former keys, separated by commas: what they encrypted (second factors) is still read.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
SECRET_KEY = cle_secrete(env.str("SECRET_KEY", default=""), VAR, embarque=EMBARQUE)

_hote = PCTI_URL.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0]
_BOUCLE = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS: list[str] = sorted({_hote, *_BOUCLE}) if EMBARQUE else [_hote]
CSRF_TRUSTED_ORIGINS: list[str] = [PCTI_URL]
# How many trusted servers stand in front and add to X-Forwarded-For; 0: nobody, the header is ignored.
PCTI_FRONTAUX: int = env.int("PCTI_FRONTAUX", default=0)
# Demonstration sign-in and mailbox: only when embedded and on loopback; the demo app also
# requires that the database holds demonstration data.
PCTI_DEMO: bool = env.bool("PCTI_DEMO", default=True) and EMBARQUE and _hote in _BOUCLE

INSTALLED_APPS = [
    "pcti.administration.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "widget_tweaks",
    "dsfr",
    "leaflet",
    "rules.apps.AutodiscoverRulesConfig",
    "simple_history",
    "socle.apps.SocleConfig",
    "structures.territoires.apps.TerritoiresConfig",
    "structures.comptes.apps.ComptesConfig",
    "structures.apps.StructuresConfig",
    "offres.apps.OffresConfig",
    "fiches_action.apps.FichesActionConfig",
    "fiches_action.conventions.apps.ConventionsConfig",
    "cartes.apps.CartesConfig",
    "pcti.pilotage.apps.PilotageConfig",
    "pcti.demo.apps.DemoConfig",
    "pcti.apps.PctiConfig",
]

MIDDLEWARE = [
    "pcti.frontal.AdresseDuVisiteur",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "cartes.temoins.sans_temoins",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "structures.comptes.sessions.SuiviDesSessions",
    "structures.comptes.second_facteur.GardeSecondFacteur",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "pcti.gardes.gardes",
]

ROOT_URLCONF = "pcti.urls"
WSGI_APPLICATION = "pcti.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pcti.contexte.portail",
            ],
            "builtins": ["socle.templatetags.typographie", "socle.templatetags.portail"],
        },
    }
]
# The next major version's behaviour: a site address typed without scheme is https.
FORMS_URLFIELD_ASSUME_HTTPS = True
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES: dict[str, Any] = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR / 'pcti.sqlite3'}")}
_base = DATABASES["default"]
if _base["ENGINE"].endswith("sqlite3"):
    # WAL + IMMEDIATE, without ATOMIC_REQUESTS: measured, no « database is locked » with several writers.
    _base["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728; "
        "PRAGMA journal_size_limit=27103364;",
    }
else:
    _base["CONN_MAX_AGE"] = 60
    _base["CONN_HEALTH_CHECKS"] = True
    # Pages ask short questions: compiling them (JIT) was measured to cost more than answering.
    _base.setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.str("REDIS_URL", default="")
# The start script gives the socket's path when the default one is too long for the system.
PCTI_COURTIER_SOCKET: str = env.str("PCTI_COURTIER_SOCKET", default=str(VAR / "valkey.sock"))
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{PCTI_COURTIER_SOCKET}"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500_000  # kB
CELERY_TIMEZONE = "Europe/Paris"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    # A broker that accepts and never answers. Longer than the worker's blocking reads (1 s).
    "socket_timeout": 3,
    # A page must not wait for a broker that is down: the row waits, the schedule takes it up again.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_TIME_LIMIT = 3500
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    # In the morning of working days: people read it when they can answer.
    "rappeler-les-fiches": {
        "task": "structures.tasks.rappeler_les_fiches",
        "schedule": crontab(hour="8", minute="20", day_of_week="mon-fri"),
    },
    # Often, in working hours: a reminder that a dead worker left behind is written the same morning.
    "avancer-les-campagnes": {
        "task": "offres.tasks.avancer_les_campagnes",
        "schedule": crontab(minute="*/15", hour="8-18"),
    },
    "oublier-les-demandes-non-prouvees": {
        "task": "structures.tasks.oublier_les_demandes_non_prouvees",
        "schedule": crontab(hour="4", minute="30"),
    },
    "nettoyer-les-imports": {"task": "structures.tasks.nettoyer_les_imports", "schedule": 3600.0},
    "entretenir-les-comptes": {
        "task": "structures.comptes.tasks.entretenir_les_comptes",
        "schedule": crontab(hour="4", minute="10"),
    },
    "expirer-les-propositions": {
        "task": "offres.tasks.expirer_les_propositions",
        "schedule": crontab(hour="6", minute="40"),
    },
    # After the expiries: they are in the same summary.
    "resumer-les-cooperations": {
        "task": "offres.tasks.resumer_les_cooperations",
        "schedule": crontab(hour="7", minute="30"),
    },
    # By lots, on Monday mornings: whoever was written to this week is left alone.
    "ecrire-les-nouveautes": {
        "task": "offres.tasks.ecrire_les_nouveautes",
        "schedule": crontab(hour="8-11", minute="*/10", day_of_week="mon"),
    },
    "expedier-les-courriels": {"task": "socle.tasks.expedier_en_attente", "schedule": 30.0},
    "reprendre-les-travaux": {"task": "socle.tasks.reprendre_les_travaux", "schedule": 20.0},
    "reprendre-les-scellements": {
        "task": "fiches_action.conventions.tasks.reprendre_les_scellements",
        "schedule": 60.0,
    },
    "rechercher-les-doublons": {"task": "structures.tasks.rechercher_les_doublons", "schedule": 3600.0},
    "tasser-les-battements": {"task": "cartes.tasks.tasser_les_battements", "schedule": 3600.0},
    # Every hour: a move decided for today is in force within the hour after midnight.
    "deplacer-les-communes": {"task": "structures.tasks.appliquer_mouvements", "schedule": 3600.0},
}
# A cache shared by all processes is needed for the rate limits of sign-in.
CACHES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL and not EMBARQUE
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR / "cache",
        # Beyond, a third is dropped at random, and counters of attempts with it.
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
    # Bodies of the maps, compressed once (cartes.envoi). Apart: they must not push the rate limits out.
    "cartes": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "cartes"}
    if REDIS_URL and not EMBARQUE
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR / "cache-cartes",
        "OPTIONS": {"MAX_ENTRIES": 1000},
    },
}

AUTH_USER_MODEL = "comptes.Utilisateur"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{nom}"}
    for nom in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 12}  # type: ignore[assignment]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_FORMS = {
    "login": "structures.comptes.forms.FormulaireConnexion",
    "request_login_code": "structures.comptes.forms.FormulaireDemandeCode",
    "confirm_login_code": "structures.comptes.forms.FormulaireCode",
    "reset_password": "structures.comptes.forms.FormulaireOubli",
    "reset_password_from_key": "structures.comptes.forms.FormulaireNouveauMotDePasse",
    "change_password": "structures.comptes.forms.FormulaireChangement",
    "set_password": "structures.comptes.forms.FormulairePremierMotDePasse",
    "reauthenticate": "structures.comptes.forms.FormulaireConfirmation",
}
ACCOUNT_ADAPTER = "structures.comptes.adaptateur.AdaptateurComptes"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# An account comes from an invitation sent to its address, and a code proves it each time.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
# Pages that write to an address that a visitor typed: few messages per place and per address.
ACCOUNT_RATE_LIMITS = {
    "lien_perdu": "10/h/ip,3/h/key",
    "demander_invitation": "10/h/ip,3/d/key",
    # A map drawn with somebody's own filters takes seconds of a core (cartes.tour).
    "image_de_carte": "20/m/ip",
    # Structures of a box or of types that nobody asked before are read and compressed for one reader.
    "donnees_de_carte": "60/m/ip",
    # allauth's own, and an hour's: three a minute would be four thousand a day in somebody's mailbox.
    "request_login_code": "20/m/ip,3/m/key,20/h/key",
    "reset_password": "20/m/ip,5/m/key,20/h/key",
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
# How long a proof of identity opens the pages that touch the account's security, in seconds.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
SOCIALACCOUNT_ADAPTER = "structures.comptes.adaptateur_social.AdaptateurSocial"
# A link, not a form: our policy lets no form lead elsewhere. The state and the nonce protect the way back.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if PCTI_PROCONNECT_CLIENT_ID:
    SOCIALACCOUNT_PROVIDERS["proconnect"] = {
        "APPS": [{"client_id": PCTI_PROCONNECT_CLIENT_ID, "secret": PCTI_PROCONNECT_SECRET}]
    }
MFA_ADAPTER = "structures.comptes.adaptateur_facteurs.AdaptateurFacteurs"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "PCTI Normandie"
# Clocks of telephones drift: the code before and the code after are accepted, once.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# The code sent by e-mail proves the address at each sign-in.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "structures.comptes.forms_securite.FormulaireSecondFacteur",
    "authenticate_webauthn": "structures.comptes.forms_securite.FormulaireSecondFacteurCle",
    "login_webauthn": "structures.comptes.forms_securite.FormulaireEntreeCle",
    "reauthenticate": "structures.comptes.forms_securite.FormulaireReconfirmation",
    "activate_totp": "structures.comptes.forms_securite.FormulaireActivation",
    "deactivate_totp": "structures.comptes.forms_securite.FormulaireRetraitApplication",
    "generate_recovery_codes": "structures.comptes.forms_securite.FormulaireNouveauxCodes",
    "add_webauthn": "structures.comptes.forms_securite.FormulaireAjoutCle",
    "edit_webauthn": "structures.comptes.forms_securite.FormulaireNomCle",
}
SESSION_COOKIE_AGE = 12 * 3600

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "pcti.erreurs.erreur_csrf"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if PCTI_URL.startswith("https://"):
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^sante/$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
_tuiles = ["https://" + PCTI_TUILES_URL.split("://", 1)[-1].split("/", 1)[0]] if PCTI_TUILES_URL else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *_tuiles],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.str("PCTI_STATIQUES", default=str(VAR / "statiques"))
if EMBARQUE:
    Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS: list[Any] = [BASE_DIR / "static"]
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBARQUE
        else "pcti.statiques.StockageStatique"
    },
}
# Embedded: no collectstatic (30 s); the finders serve the files directly.
WHITENOISE_USE_FINDERS = EMBARQUE
WHITENOISE_AUTOREFRESH = False
MEDIA_ROOT = VAR / "medias"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

EMAIL_BACKEND = "pcti.demo.boite.BoiteDemonstration"
# Where mail servers bring back what they could not deliver (envelope sender); empty: the sender below.
PCTI_RETOURS: str = env.str("PCTI_RETOURS", default="")
DEFAULT_FROM_EMAIL: str = env.str("PCTI_EXPEDITEUR", default="PCTI Normandie <ne-pas-repondre@pcti.invalid>")
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
    EMAIL_TIMEOUT = 20
elif not EMBARQUE:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
    # Ours says when nobody knows whether the mail server took the e-mail.
    EMAIL_BACKEND = "socle.transport.EmailBackend"

DSFR_USE_INTEGRITY_CHECKSUMS = False
DSFR_MARK_OPTIONAL_FIELDS = True
LEAFLET_CONFIG = {
    "TILES": [],
    "RESET_VIEW": False,
    "ATTRIBUTION_PREFIX": "Leaflet",
    "FORCE_IMAGE_PATH": "/static/leaflet/images/",
    "NO_GLOBALS": True,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"simple": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "simple"}},
    # It warns at each seal that nothing is fetched from the network: that is what we ask of it.
    "loggers": {"pyhanko.sign.signers.pdf_signer": {"level": "ERROR"}},
    "root": {"handlers": ["console"], "level": env.str("PCTI_JOURNAL", default="INFO")},
}
SENTRY_DSN: str = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    import sentry_sdk

    sentry_sdk.init(dsn=SENTRY_DSN, send_default_pii=False, traces_sample_rate=0.0)
