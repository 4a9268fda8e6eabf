"""``{% encart e %}``: a block that an upper floor plugged into this page."""

from django import template
from django.template.context import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from socle.prises import Encart

register = template.Library()


@register.simple_tag(takes_context=True)
def encart(context: Context, bloc: Encart) -> SafeString:
    """Render the block with its own context; of the page, it sees only the request."""
    contexte = {**bloc.contexte, "encart": bloc.contexte}
    # The engine escapes what the template writes.
    return mark_safe(get_template(bloc.gabarit).render(contexte, context.get("request")))  # noqa: S308
