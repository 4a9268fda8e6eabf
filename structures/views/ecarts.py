"""Differences between what files say and what structures say: somebody decides, field by field."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from socle.droits import exiger
from structures.comptes.models import Utilisateur
from structures.imports import decisions
from structures.imports.mots import Mots
from structures.models import Ecart
from structures.views.annuaire import personne_de

PAR_PAGE = 50
RAISON = "Les écarts se tranchent par la coordination du pôle et l’administration du portail."


@require_http_methods(["GET", "HEAD", "POST"])
def ecarts(request: HttpRequest) -> HttpResponse:
    """The differences that await this person, structure by structure."""
    exiger(request.user, "structures.trancher_ecarts", raison=RAISON)
    par = personne_de(request)
    if par is None:
        raise PermissionDenied(RAISON)
    if request.method == "POST":
        _trancher(request, par)
        return redirect(request.get_full_path())
    ouverts = decisions.ecarts_ouverts(par).select_related("structure__commune", "journal")
    ouverts = ouverts.prefetch_related("structure__publics").order_by("structure_id", "pk")
    apres = request.GET.get("apres", "").split("-")
    if len(apres) == 2 and all(m.isascii() and m.isdigit() and len(m) < 19 for m in apres):
        structure, pk = map(int, apres)
        ouverts = ouverts.filter(structure_id__gte=structure).exclude(structure_id=structure, pk__lte=pk)
    page = list(ouverts[: PAR_PAGE + 1])
    suite = ""
    if len(page) > PAR_PAGE:
        page = page[:PAR_PAGE]
        suite = "?" + urlencode({"apres": f"{page[-1].structure_id}-{page[-1].pk}"})
    paires = {ecart.pk: decisions.paire(ecart) for ecart in page}
    mots = Mots.pour([champ for paire in paires.values() for champ in paire])
    contexte = {
        "lignes": [(e, mots.dire(paires[e.pk]), decisions.encore_differents(e)) for e in page],
        "nombre": decisions.ecarts_ouverts(par).count(),
        "debut": request.path if request.GET.get("apres") else "",
        "suite": suite,
    }
    return render(request, "structures/ecarts.html", contexte)


def _trancher(request: HttpRequest, par: Utilisateur) -> None:
    decision = request.POST.get("decision", "")
    choisis = [v for v in request.POST.getlist("ecart") if v.isascii() and v.isdigit() and len(v) < 19]
    for verbe in ("prendre", "garder"):
        un = request.POST.get(verbe, "")
        if un.isascii() and un.isdigit() and len(un) < 19:
            decision, choisis = verbe, [un]
    if decision not in ("prendre", "garder") or not choisis:
        messages.error(request, "Cochez au moins une différence, puis choisissez quelle valeur garder.")
        return
    faits = 0
    for ecart in decisions.ecarts_ouverts(par).filter(pk__in=choisis[:PAR_PAGE]):
        faits += _un(request, ecart, decision, par)
    if faits:
        quoi = "valeurs du fichier prises" if decision == "prendre" else "valeurs de la structure gardées"
        messages.success(request, f"{faits} {quoi}.")
    if faits < len(choisis):
        messages.warning(request, f"{len(choisis) - faits} laissées : déjà tranchées, ou hors de vos pôles.")


def _un(request: HttpRequest, ecart: Ecart, decision: str, par: Utilisateur) -> bool:
    if decision == "garder":
        return decisions.garder(ecart, par)
    try:
        return decisions.prendre(ecart, par)
    except decisions.ValeurPrise as erreur:
        messages.error(request, str(erreur))
        return False
