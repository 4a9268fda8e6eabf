"""Inviting to the portal; answering an invitation; a lost link."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle.droits import exiger, peut
from socle.travaux import demander as demander_travail
from structures.adhesions import invitations as operations
from structures.adhesions.debit import permis
from structures.adhesions.forms import Identite, InvitationAuPortail, LienPerdu
from structures.adhesions.invitations import ErreurInvitation
from structures.adhesions.signature import signature
from structures.adhesions.travaux import GENRE_RETROUVER
from structures.comptes.models import Utilisateur
from structures.connexion import demander_code
from structures.models import Invitation
from structures.views.annuaire import personne_de

RAISON = "Inviter revient à la direction de la structure, à la coordination de son pôle et à l’administration."


def la_personne(request: HttpRequest) -> Utilisateur:
    """The signed-in person. Raises PermissionDenied for a visitor."""
    personne = personne_de(request)
    if personne is None:
        raise PermissionDenied
    return personne


@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest) -> HttpResponse:
    """Invite to a right of the portal: coordination, pilotage, administration."""
    personne = la_personne(request)
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
    suivies = Invitation.objects.a_suivre().filter(structure__isnull=True)
    if not peut(personne, "structures.annuler_toute_invitation"):
        suivies = suivies.filter(pole__in=personne.habilitations.actives().filter(role="coordination").values("pole"))
    contexte = {"form": formulaire, "invitations": suivies[:100]}
    return render(request, "structures/invitations.html", contexte, status=422 if formulaire.errors else 200)


def _retour(invitation: Invitation) -> HttpResponse:
    if invitation.structure_id:
        return redirect("structures:equipe", invitation.structure_id)
    return redirect("structures:invitations")


@require_POST
def annuler_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw an invitation: its link stops working."""
    invitation = get_object_or_404(Invitation.objects.select_related("structure", "pole"), pk=pk)
    exiger(la_personne(request), "structures.annuler_invitation", invitation, raison=RAISON)
    operations.annuler(invitation)
    messages.success(request, f"L’invitation de {invitation.email} est annulée.")
    return _retour(invitation)


@require_POST
def renvoyer_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it again in one's own name: another link, fourteen more days."""
    invitation = get_object_or_404(Invitation.objects.select_related("structure", "pole"), pk=pk)
    personne = la_personne(request)
    exiger(personne, "structures.renvoyer_invitation", invitation, raison=RAISON)
    try:
        operations.renvoyer(invitation, personne)
    except ErreurInvitation as erreur:
        messages.error(request, str(erreur))
    else:
        messages.success(request, f"L’invitation est repartie à {invitation.email}. L’ancien lien ne marche plus.")
    return _retour(invitation)


def _du_lien(jeton: str) -> Invitation | None:
    empreinte = operations.empreinte_du_jeton(jeton)
    return Invitation.objects.filter(empreinte=empreinte).select_related("structure__commune", "pole", "par").first()


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, jeton: str) -> HttpResponse:
    """The page of an invitation's link: says who invites; only the e-mailed code opens the rest."""
    trouvee = _du_lien(jeton)
    if trouvee is None or not trouvee.ouverte:
        contact = signature(trouvee.structure, trouvee.pole)["contact"] if trouvee else ""
        contexte = {"invitation": trouvee, "contact": contact}
        return render(request, "structures/invitation_close.html", contexte, status=410)
    personne = personne_de(request)
    if personne is not None:
        return _repondre_connecte(request, trouvee, personne, jeton)
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


def _repondre_connecte(
    request: HttpRequest, invitation: Invitation, personne: Utilisateur, jeton: str
) -> HttpResponse:
    if personne.email.lower() != invitation.email.lower():
        contexte = {"invitation": invitation, "jeton": jeton}
        return render(request, "structures/invitation_autre_compte.html", contexte)
    if request.method == "POST":
        return _accepter(request, invitation, personne)
    return render(request, "structures/invitation.html", {"invitation": invitation})


@login_not_required
@never_cache
@require_POST
def changer_de_compte(request: HttpRequest, jeton: str) -> HttpResponse:
    """Somebody else is signed in on this machine: sign them out and go on with the invitation."""
    logout(request)
    return redirect("structures:invitation", jeton)


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
    recues = Invitation.objects.en_attente().filter(email=la_personne(request).email)
    contexte = {"invitations": recues.select_related("structure", "pole", "par")}
    return render(request, "structures/mes_invitations.html", contexte)


@require_POST
def accepter_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept one of one's own invitations."""
    personne = la_personne(request)
    trouvee = get_object_or_404(Invitation.objects.select_related("structure", "pole"), pk=pk, email=personne.email)
    return _accepter(request, trouvee, personne)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lien_perdu(request: HttpRequest) -> HttpResponse:
    """« Je n’ai plus mon lien » : sent again to the invited address, whose existence is never told."""
    formulaire = LienPerdu(request.POST if request.method == "POST" else None)
    statut = 422 if formulaire.errors else 200
    if request.method == "POST" and formulaire.is_valid():
        email = formulaire.cleaned_data["email"].lower()
        if permis(request, "lien_perdu", email):
            # In a job, and for any address: neither the answer nor its time tells whether somebody is invited.
            demander_travail(GENRE_RETROUVER, "Invitation retrouvée", parametres={"email": email})
            return render(request, "structures/lien_perdu_envoye.html", {"email": email})
        formulaire.add_error(None, "Trop de demandes de suite. Patientez une heure, puis recommencez.")
        statut = 429
    return render(request, "structures/lien_perdu.html", {"form": formulaire}, status=statut)
