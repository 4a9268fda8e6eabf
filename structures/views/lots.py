"""Inviting from a list: give it, look at it line by line, send it, come back to what became of it."""

from collections.abc import Iterator
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle.droits import exiger, peut
from socle.recherche import normaliser
from socle.tableaux import FORMATS, Format, ecrire_tableau
from structures.adhesions import lots as operations
from structures.adhesions.forms import ListeAInviter
from structures.adhesions.lots import ErreurLot
from structures.models import LigneLot, LotInvitations, Structure
from structures.views.invitations import la_personne

PAR_PAGE = 100
GESTION = ("Tenir l’annuaire", reverse_lazy("structures:gestion"))
RAISON = "Inviter en nombre revient à la coordination d’un pôle et à l’administration du portail."
TONS = {
    "prete": "info", "ambigue": "alerte", "inconnue": "erreur", "malformee": "erreur", "hors_perimetre": "erreur",
    "envoyee": "succes", "refusee": "erreur",
}  # fmt: skip
ENTETES = (
    "Ligne", "Adresse électronique", "Nom", "Rôle", "Structure écrite", "Structure reconnue", "Commune",
    "Numéro FINESS", "État de la ligne", "Raison", "Invitation", "Dernier envoi",
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def lots(request: HttpRequest) -> HttpResponse:
    """The lists already given, and a form for another one."""
    personne = la_personne(request)
    exiger(personne, "structures.inviter_en_nombre", raison=RAISON)
    envoye = request.method == "POST"
    formulaire = ListeAInviter(request.POST if envoye else None, request.FILES if envoye else None)
    if envoye and formulaire.is_valid():
        lot = operations.preparer(formulaire.titre, formulaire.lues, personne, formulaire.cleaned_data["role"])
        return redirect("structures:lot", lot.pk)
    faits = LotInvitations.objects.filter(par=personne).annotate(nombre=Count("lignes"))
    contexte = {"fil": [GESTION], "form": formulaire, "lots": faits[:30]}
    return render(request, "structures/lots.html", contexte, status=422 if formulaire.errors else 200)


def _lot(request: HttpRequest, pk: UUID, permission: str = "structures.voir_lot") -> LotInvitations:
    lot = get_object_or_404(LotInvitations.objects.select_related("par"), pk=pk)
    exiger(la_personne(request), permission, lot, raison="Cette liste est à une autre personne.")
    return lot


@require_safe
def lot(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One list, line by line: before sending a preview, after it a report."""
    lot = _lot(request, pk)
    comptes = dict(lot.lignes.order_by().values_list("etat").annotate(Count("pk")))
    etat = request.GET.get("etat", "")
    if etat not in comptes:
        etat = ""
    lignes = lot.lignes.select_related("structure__commune", "invitation__courriel")
    if etat:
        lignes = lignes.filter(etat=etat)
    apres = request.GET.get("apres", "")
    if apres.isdecimal() and len(apres) < 10:
        lignes = lignes.filter(numero__gt=int(apres))
    page = list(lignes[: PAR_PAGE + 1])
    suite = ""
    if len(page) > PAR_PAGE:
        page = page[:PAR_PAGE]
        suite = "?" + urlencode({**({"etat": etat} if etat else {}), "apres": str(page[-1].numero)})
    _proposer(page)
    tient = peut(la_personne(request), "structures.tenir_lot", lot)
    contexte = {
        "fil": [GESTION, ("Inviter en nombre", reverse("structures:lots"))],
        "lot": lot,
        "lignes": page,
        "etats": [(e.value, e.label, comptes[e.value]) for e in LigneLot.Etat if e.value in comptes],
        "etat": etat,
        "total": sum(comptes.values()),
        "pretes": comptes.get(LigneLot.Etat.PRETE, 0),
        "a_choisir": tient and lot.etat != "envoi" and any(ligne.etat == LigneLot.Etat.AMBIGUE for ligne in page),
        "tient": tient,
        "travail": operations.travail_de(lot),
        "formats": [(cle, mots) for cle, (mots, _) in FORMATS.items()],
        "suite": suite,
        "debut": ("?" + urlencode({"etat": etat}) if etat else reverse("structures:lot", args=[pk])) if apres else "",
    }
    return render(request, "structures/lot.html", contexte)


def _proposer(page: list[LigneLot]) -> None:
    """Give each line its tone, and the ambiguous ones the structures to choose from (one query)."""
    ambigues = [ligne for ligne in page if ligne.etat == LigneLot.Etat.AMBIGUE]
    voulues = {pk for ligne in ambigues for pk in ligne.candidates}
    connues = Structure.objects.ouvertes().select_related("commune").in_bulk(voulues) if voulues else {}
    for ligne in page:
        lue = ligne.structure
        attendu = normaliser(f"{lue.nom} {lue.commune.nom}") if lue else ""
        ligne.ecrit_autrement = normaliser(ligne.texte) != attendu  # type: ignore[attr-defined]
        ligne.ton = TONS.get(ligne.etat, "neutre")  # type: ignore[attr-defined]
    for ligne in ambigues:
        ligne.choix = [connues[pk] for pk in ligne.candidates if pk in connues]  # type: ignore[attr-defined]


@require_POST
def choisir(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the structures chosen on one page of ambiguous lines."""
    lot = _lot(request, pk, "structures.tenir_lot")
    choix: dict[int, int | None] = {}
    for nom, valeur in request.POST.items():
        ligne = nom.removeprefix("ligne-")
        if nom == ligne or not ligne.isdecimal() or len(ligne) > 18:
            continue
        if valeur == "ecarter":
            choix[int(ligne)] = None
        elif str(valeur).isdecimal() and len(str(valeur)) < 19:
            choix[int(ligne)] = int(str(valeur))
    try:
        changees = operations.choisir(lot, choix, lot.par)
    except ErreurLot as erreur:
        messages.error(request, str(erreur))
    else:
        mots = "1 ligne complétée" if changees == 1 else f"{changees} lignes complétées"
        messages.success(request, f"{mots}." if changees else "Aucun choix n’a été fait.")
    return redirect("structures:lot", pk)


@require_POST
def envoyer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send the ready lines: a job, followed on the page of the list."""
    lot = _lot(request, pk, "structures.tenir_lot")
    try:
        operations.lancer(lot, la_personne(request))
    except ErreurLot as erreur:
        messages.error(request, str(erreur))
    return redirect("structures:lot", pk)


@require_POST
def supprimer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Erase a list and its addresses; the invitations sent stay."""
    lot = _lot(request, pk, "structures.tenir_lot")
    if lot.etat == LotInvitations.Etat.ENVOI:
        messages.error(request, "L’envoi est en cours\u00a0: attendez sa fin pour effacer la liste.")
        return redirect("structures:lot", pk)
    lot.delete()
    messages.success(request, "La liste est effacée. Les invitations déjà parties restent valables.")
    return redirect("structures:lots")


@require_safe
def export(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The report as a file."""
    lot, forme = _lot(request, pk), request.GET.get("format", "csv")
    lignes = lot.lignes.select_related("structure__commune", "invitation__courriel")
    choisie = cast(Format, forme) if forme in FORMATS else "csv"
    return ecrire_tableau(_rangees(lignes.iterator(500)), ENTETES, choisie, titre=f"Invitations {lot.titre}")


def _rangees(lignes: Iterator[LigneLot]) -> Iterator[list[object]]:
    for ligne in lignes:
        structure, invitation = ligne.structure, ligne.invitation
        yield [
            ligne.numero, ligne.email, ligne.nom, ligne.get_role_display(), ligne.texte,
            structure.nom if structure else "", structure.commune.nom if structure else "",
            (structure.finess or "") if structure else "", ligne.get_etat_display(), ligne.raison,
            invitation.suivi[0] if invitation else "", invitation.envoyee_le if invitation else None,
        ]  # fmt: skip
