"""Who belongs to a structure; inviting; answering an invitation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle.droits import exiger, peut
from structures import operations
from structures.comptes.models import Utilisateur
from structures.connexion import demander_code
from structures.forms import Identite, InvitationAuPortail, NouvelleInvitation
from structures.models import Adhesion, Invitation, Structure
from structures.operations import ErreurInvitation
from structures.views.annuaire import personne_de

RAISON = "Inviter revient à la direction de la structure, à la coordination de son pôle et à l’administration."


def _personne(request: HttpRequest) -> Utilisateur:
    personne = personne_de(request)
    if personne is None:
        raise PermissionDenied
    return personne


@require_http_methods(["GET", "HEAD", "POST"])
def equipe(request: HttpRequest, pk: int) -> HttpResponse:
    """Members and pending invitations of a structure; a form to invite."""
    structure, personne = get_object_or_404(Structure.objects.select_related("commune"), pk=pk), _personne(request)
    exiger(personne, "structures.inviter", structure, raison=RAISON)
    formulaire = NouvelleInvitation(request.POST if request.method == "POST" else None)
    if request.method == "POST" and formulaire.is_valid():
        try:
            invitation = operations.inviter(structure, par=personne, **formulaire.cleaned_data)
        except ErreurInvitation as erreur:
            formulaire.add_error("email", str(erreur))
        else:
            messages.success(request, f"L’invitation est partie à {invitation.email}.")
            return redirect("structures:equipe", pk)
    contexte = {
        "structure": structure,
        "form": formulaire,
        "adhesions": structure.adhesions.actives().select_related("utilisateur").order_by("role", "debut"),
        "invitations": structure.invitations.en_attente().select_related("par"),
    }
    return render(request, "structures/equipe.html", contexte, status=422 if formulaire.errors else 200)


@require_POST
def terminer_adhesion(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's membership."""
    adhesion = get_object_or_404(Adhesion.objects.select_related("structure", "utilisateur"), pk=pk)
    exiger(_personne(request), "structures.inviter", adhesion.structure, raison=RAISON)
    operations.terminer(adhesion)
    messages.success(request, f"{adhesion.utilisateur} ne fait plus partie de l’équipe.")
    return redirect("structures:equipe", adhesion.structure_id)


@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest) -> HttpResponse:
    """Invite to a right of the portal: coordination, pilotage, administration."""
    personne = _personne(request)
    exiger(personne, "structures.inviter_au_portail")
    formulaire = InvitationAuPortail(request.POST if request.method == "POST" else None, par=personne)
    if request.method == "POST" and formulaire.is_valid():
        try:
            invitation = operations.inviter_au_portail(par=personne, **formulaire.cleaned_data)
        except ErreurInvitation as erreur:
            formulaire.add_error("email", str(erreur))
        else:
            messages.success(request, f"L’invitation est partie à {invitation.email}.")
            return redirect("structures:invitations")
    en_attente = Invitation.objects.en_attente().filter(structure__isnull=True).select_related("par", "pole")
    if not peut(personne, "structures.annuler_toute_invitation"):
        en_attente = en_attente.filter(par=personne)
    contexte = {"form": formulaire, "invitations": en_attente[:100]}
    return render(request, "structures/invitations.html", contexte, status=422 if formulaire.errors else 200)


@require_POST
def annuler_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw an invitation: its link stops working."""
    invitation = get_object_or_404(Invitation.objects.select_related("structure", "pole"), pk=pk)
    exiger(_personne(request), "structures.annuler_invitation", invitation, raison=RAISON)
    operations.annuler(invitation)
    messages.success(request, f"L’invitation de {invitation.email} est annulée.")
    if invitation.structure_id:
        return redirect("structures:equipe", invitation.structure_id)
    return redirect("structures:invitations")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, jeton: str) -> HttpResponse:
    """The page of an invitation's link: says who invites; only the e-mailed code opens the rest."""
    empreinte = operations.empreinte_du_jeton(jeton)
    trouvee = (
        Invitation.objects.filter(empreinte=empreinte).select_related("structure__commune", "pole", "par").first()
    )
    if trouvee is None or not trouvee.ouverte:
        return render(request, "structures/invitation_close.html", {"invitation": trouvee}, status=410)
    personne = personne_de(request)
    if personne is not None:
        return _repondre_connecte(request, trouvee, personne)
    connue = Utilisateur.objects.filter(email=trouvee.email.lower()).exclude(prenom="", nom="").exists()
    formulaire = None if connue else Identite(request.POST if request.method == "POST" else None)
    statut = 422 if formulaire is not None and formulaire.errors else 200
    if request.method == "POST" and (formulaire is None or formulaire.is_valid()):
        try:
            demander_code(request, trouvee, formulaire.cleaned_data if formulaire else {})
        except ErreurInvitation as erreur:
            messages.error(request, str(erreur))
            statut = 429
        else:
            suite = reverse("structures:detail", args=[trouvee.structure_id]) if trouvee.structure_id else "/"
            return redirect(f"{reverse('account_confirm_login_code')}?{urlencode({'next': suite})}")
    return render(request, "structures/invitation.html", {"invitation": trouvee, "form": formulaire}, status=statut)


def _repondre_connecte(request: HttpRequest, invitation: Invitation, personne: Utilisateur) -> HttpResponse:
    autre = personne.email.lower() != invitation.email.lower()
    if request.method == "POST" and not autre:
        return _accepter(request, invitation, personne)
    return render(request, "structures/invitation.html", {"invitation": invitation, "autre_compte": autre})


def _accepter(request: HttpRequest, invitation: Invitation, personne: Utilisateur) -> HttpResponse:
    try:
        operations.accepter(invitation, personne)
    except ErreurInvitation as erreur:
        messages.error(request, str(erreur))
        return redirect("structures:mes_invitations")
    messages.success(request, f"C’est fait\u00a0: {invitation.get_role_display()} – {invitation.objet}.")
    return redirect(invitation.structure) if invitation.structure else redirect("/")


@require_safe
def mes_invitations(request: HttpRequest) -> HttpResponse:
    """The invitations that await the signed-in person (their e-mail was proven at sign-in)."""
    recues = Invitation.objects.en_attente().filter(email=_personne(request).email)
    contexte = {"invitations": recues.select_related("structure", "pole", "par")}
    return render(request, "structures/mes_invitations.html", contexte)


@require_POST
def accepter_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept one of one's own invitations."""
    personne = _personne(request)
    trouvee = get_object_or_404(Invitation.objects.select_related("structure", "pole"), pk=pk, email=personne.email)
    return _accepter(request, trouvee, personne)
