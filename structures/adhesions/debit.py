"""How often somebody may ask for an e-mail without being signed in: the limits of the sign-in page."""

from allauth.core import ratelimit
from django.http import HttpRequest

# Named in settings (ACCOUNT_RATE_LIMITS): « lien_perdu », « demander_invitation ».


def permis(request: HttpRequest, action: str, email: str) -> bool:
    """Count one more demand for this address and from this place; False beyond the limit."""
    return bool(ratelimit.consume(request, action=action, key=email.strip().lower()))
