"""Sites that may frame our public maps: read once, at start, because they go into a security header."""

import re

from django.core.exceptions import ImproperlyConfigured

# An origin, nothing more: « * », a path, a quote or a « ; » would change the whole policy.
_SITE = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?", re.IGNORECASE | re.ASCII)


def sites_qui_encadrent(texte: str) -> list[str]:
    """« https://partenaire.fr, https://*.autre.fr » as a list. Raises ImproperlyConfigured for anything else."""
    sites = [site.strip().rstrip("/") for site in texte.split(",") if site.strip()]
    for site in sites:
        if not _SITE.fullmatch(site):
            raise ImproperlyConfigured(
                f"PCTI_INTEGRATION contient {site!r} : écrivez des adresses de sites séparées par des virgules, "
                "comme https://partenaire.fr,https://*.autre.fr"
            )
    return sites
