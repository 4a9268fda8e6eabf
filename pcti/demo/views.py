"""The demonstration's one-click sign-in and its mailbox."""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from pcti.demo.comptes_fictifs import COMPTES
from pcti.demo.conditions import exiger_demonstration
from pcti.demo.models import MessageRecu
from structures.comptes.models import Utilisateur

PAR_PAGE = 30


@login_not_required
@require_POST
def connexion(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demonstration's accounts, and go where the person wanted to."""
    exiger_demonstration(request)
    connus = [compte.email for compte in COMPTES]
    utilisateur = get_object_or_404(
        Utilisateur.objects.filter(demonstration=True, is_active=True, email__in=connus),
        email=request.POST.get("compte", ""),
    )
    login(request, utilisateur, backend="django.contrib.auth.backends.ModelBackend")
    suite = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        suite, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        suite = reverse("accueil:accueil")
    return HttpResponseRedirect(suite)


@login_not_required
@require_GET
def courriels(request: HttpRequest) -> HttpResponse:
    """The messages that the portal sent, newest first."""
    exiger_demonstration(request)
    messages = MessageRecu.objects.all()
    avant = request.GET.get("avant", "")
    if avant.isdecimal():
        messages = messages.filter(pk__lt=int(avant))
    destinataire = request.GET.get("a", "").strip()
    if destinataire:
        messages = messages.filter(destinataire__iexact=destinataire)
    lot = list(messages.order_by("-pk")[: PAR_PAGE + 1])
    contexte = {
        "messages_recus": lot[:PAR_PAGE],
        "suite": lot[PAR_PAGE - 1].pk if len(lot) > PAR_PAGE else None,
        "a": destinataire,
    }
    return render(request, "demo/courriels.html", contexte)


@login_not_required
@require_GET
def courriel(request: HttpRequest, pk: int) -> HttpResponse:
    """One message, its link ready to be followed."""
    exiger_demonstration(request)
    return render(request, "demo/courriel.html", {"message_recu": get_object_or_404(MessageRecu, pk=pk)})
