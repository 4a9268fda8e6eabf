"""The team of a structure: who belongs to it, roles, leaving; structures that nobody directs."""

from django.contrib import messages
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle.droits import exiger, peut
from structures.adhesions import equipe as operations
from structures.adhesions.demandes import a_traiter
from structures.adhesions.forms import NouvelleInvitation
from structures.adhesions.invitations import ErreurInvitation, inviter
from structures.comptes.models import Utilisateur
from structures.models import Adhesion, Invitation, Structure
from structures.regles import ne_se_promeut_pas
from structures.views.invitations import RAISON, la_personne

PAR_PAGE = 50
HISTOIRE_MONTREE = 200


@require_http_methods(["GET", "HEAD", "POST"])
def equipe(request: HttpRequest, pk: int) -> HttpResponse:
    """Members, invitations, requests and former members of a structure; a form to invite."""
    structure, personne = get_object_or_404(Structure.objects.select_related("commune"), pk=pk), la_personne(request)
    exiger(personne, "structures.inviter", structure, raison=RAISON)
    initial = {"role": request.GET.get("role")} if request.GET.get("role") in Adhesion.Role.values else None
    formulaire = NouvelleInvitation(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and formulaire.is_valid():
        try:
            invitation = inviter(structure, par=personne, **formulaire.cleaned_data)
        except ErreurInvitation as erreur:
            formulaire.add_error("email", str(erreur))
        else:
            messages.success(request, f"L’invitation est partie à {invitation.email}.")
            return redirect("structures:equipe", pk)
    toutes = structure.adhesions.select_related("utilisateur", "donnee_par", "terminee_par")
    adhesions = list(toutes.actives().order_by("role", "debut"))
    for adhesion in adhesions:
        # Who reads this page holds the team: what is left of `structures.changer_role` costs no query.
        adhesion.peut_changer = ne_se_promeut_pas(personne, adhesion)  # type: ignore[attr-defined]
    contexte = {
        "structure": structure,
        "form": formulaire,
        "adhesions": adhesions,
        "sans_direction": bool(adhesions) and not any(a.role == "direction" for a in adhesions),
        "anciennes": toutes.filter(fin__isnull=False).order_by("-fin", "-pk")[:HISTOIRE_MONTREE],
        "invitations": structure.invitations.a_suivre()[:HISTOIRE_MONTREE],
        "closes": structure.invitations.closes()[:HISTOIRE_MONTREE],
        "demandes": a_traiter(personne).filter(structure=structure),
    }
    return render(request, "structures/equipe.html", contexte, status=422 if formulaire.errors else 200)


def _a_confirmer(request: HttpRequest, adhesion: Adhesion, question: str, bouton: str) -> HttpResponse | None:
    """The last direction leaves: say what follows, and ask once more. None when it may go on."""
    if request.POST.get("confirme") or not operations.laisserait_sans_direction(adhesion):
        return None
    contexte = {
        "structure": adhesion.structure,
        "adhesion": adhesion,
        "question": question,
        "bouton": bouton,
        "role": request.POST.get("role", ""),
        "reste": Adhesion.objects.actives().filter(structure=adhesion.structure).exclude(pk=adhesion.pk).count(),
    }
    return render(request, "structures/derniere_direction.html", contexte)


@require_POST
def terminer_adhesion(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's membership."""
    adhesion = get_object_or_404(Adhesion.objects.select_related("structure", "utilisateur"), pk=pk)
    personne = la_personne(request)
    exiger(personne, "structures.inviter", adhesion.structure, raison=RAISON)
    question = f"Retirer {adhesion.utilisateur} de l’équipe"
    if confirmation := _a_confirmer(request, adhesion, question, "Retirer quand même"):
        return confirmation
    operations.retirer(adhesion, personne)
    messages.success(request, f"{adhesion.utilisateur} ne fait plus partie de l’équipe.")
    return _retour(request, adhesion.structure)


@require_POST
def changer_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a membre direction, or the contrary."""
    adhesion = get_object_or_404(Adhesion.objects.select_related("structure", "utilisateur"), pk=pk)
    personne, role = la_personne(request), request.POST.get("role", "")
    exiger(
        personne,
        "structures.changer_role",
        adhesion,
        raison="Le rôle de chacun est donné par la direction, la coordination du pôle ou l’administration, "
        "et jamais à soi-même.",
    )
    if role not in Adhesion.Role.values:
        messages.error(request, "Choisissez un rôle.")
        return _retour(request, adhesion.structure)
    if role == Adhesion.Role.MEMBRE:
        question = f"Retirer à {adhesion.utilisateur} le rôle de direction"
        if confirmation := _a_confirmer(request, adhesion, question, "Changer quand même"):
            return confirmation
    nouvelle = operations.changer_role(adhesion, role, personne)
    messages.success(request, f"{adhesion.utilisateur}\u00a0: {nouvelle.get_role_display()}.")
    return _retour(request, adhesion.structure)


def _retour(request: HttpRequest, structure: Structure) -> HttpResponse:
    """The team's page, for who may still read it."""
    # Read again: what was just done may have changed their own rights.
    if peut(Utilisateur.objects.get(pk=la_personne(request).pk), "structures.inviter", structure):
        return redirect("structures:equipe", structure.pk)
    return redirect(structure)


@require_http_methods(["GET", "HEAD", "POST"])
def quitter(request: HttpRequest, pk: int) -> HttpResponse:
    """« Je ne travaille plus ici » : what it ends, then goodbye."""
    personne = la_personne(request)
    actives = Adhesion.objects.actives().select_related("structure", "utilisateur")
    adhesion = get_object_or_404(actives, structure=pk, utilisateur=personne)
    if request.method == "POST":
        operations.terminer(adhesion, personne)
        messages.success(request, f"C’est noté\u00a0: vous ne faites plus partie de {adhesion.structure.nom}.")
        return redirect("/")
    derniere = operations.laisserait_sans_direction(adhesion)
    return render(request, "structures/quitter.html", {"structure": adhesion.structure, "derniere": derniere})


@require_safe
def sans_direction(request: HttpRequest) -> HttpResponse:
    """Structures with a team or a past direction, and nobody who directs them today."""
    personne = la_personne(request)
    exiger(
        personne,
        "structures.voir_sans_direction",
        raison="Cette liste est tenue par la coordination de chaque pôle et par l’administration.",
    )
    ensemble = operations.a_pourvoir(personne)
    nombre = ensemble.count()
    attendue = Invitation.objects.en_attente().filter(structure=OuterRef("pk"), role=Invitation.Role.DIRECTION)
    lignes = ensemble.select_related("commune").annotate(
        membres=Count("adhesions", filter=Q(adhesions__fin__isnull=True)),
        depuis=Max("adhesions__fin", filter=Q(adhesions__role=Adhesion.Role.DIRECTION)),
        invitee=Exists(attendue),
    )
    apres = request.GET.get("apres", "")
    repere = Structure.objects.filter(pk=int(apres)).first() if apres.isdecimal() and len(apres) < 19 else None
    if repere is not None:
        nom = repere.nom_recherche
        lignes = lignes.filter(Q(nom_recherche__gt=nom) | Q(nom_recherche=nom, pk__gt=repere.pk))
    page = list(lignes.order_by("nom_recherche", "pk")[: PAR_PAGE + 1])
    suite = ""
    if len(page) > PAR_PAGE:
        page = page[:PAR_PAGE]
        suite = "?" + urlencode({"apres": page[-1].pk})
    contexte = {
        "structures": page,
        "nombre": nombre,
        "suite": suite,
        "debut": reverse("structures:sans_direction") if repere else "",
    }
    return render(request, "structures/sans_direction.html", contexte)
