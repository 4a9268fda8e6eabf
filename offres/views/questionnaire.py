"""The questionnaire: its first page, the structure, the cooperations, the rereading and the sending."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from offres import enregistrement, operations
from offres.forms.etapes import (
    CONVENTIONS,
    OUI_NON,
    EnvoiForm,
    EtapeCooperationsForm,
    EtapeStructureForm,
)
from offres.models import Besoin, Offre, Reponse
from offres.operations import ActionImpossible, Conflit
from offres.relecture import manques_de, oublis_de, vigilances_de
from offres.reprises import conventions_d_avant, partenaires_a_reprendre, precedente
from offres.views.parcours import (
    ETAPES,
    charger,
    contexte,
    exiger_ecriture,
    jusqu_a_l_envoi,
    personne,
    peut_ecrire,
    postees,
)
from offres.views.saisie import champ_par_champ, fusionner_le_formulaire
from socle.droits import exiger, peut
from structures.comptes.models import Habilitation


@require_safe
def accueil(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """Where the answer is, and the one next thing to do."""
    reponse = charger(request, reponse_id)
    # After an interview everything is written: what is left is to reread and send.
    prochaine = ETAPES[-1 if reponse.confirmation_demandee_le else min(reponse.etape, len(ETAPES) - 1)]
    return render(
        request,
        "offres/questionnaire.html",
        {
            **contexte(reponse, prochaine.slug),
            "prochaine": prochaine,
            "prochaine_url": prochaine.url(reponse),
            "peut_repondre": peut(request.user, "offres.repondre", reponse),
            "peut_rouvrir": peut(request.user, "offres.rouvrir", reponse),
            "peut_envoyer": peut(request.user, "offres.envoyer", reponse),
            "peut_mener": peut(request.user, "offres.entretien", reponse),
            "peut_refuser": reponse.etat != Reponse.Etat.ROUVERTE and peut(request.user, "offres.envoyer", reponse),
            "peut_revenir": peut(request.user, "offres.revenir", reponse),
            "coordination": Habilitation.objects.de_coordination(reponse.campagne.pole),
        },
    )


def _apres(request: HttpRequest, reponse: Reponse, numero: int) -> HttpResponse:
    """The next step, or the first page for « enregistrer et quitter »."""
    if request.POST.get("suite") == "quitter":
        messages.success(request, "C’est enregistré. Votre brouillon vous attend\u00a0: il n’est pas encore envoyé.")
        return redirect(reponse)
    return redirect(ETAPES[numero].url(reponse))


def _avec_version(request: HttpRequest, version: int) -> Any:
    """The posted data with the version that a second saving will replace."""
    donnees = request.POST.copy()
    donnees["version"] = str(version)
    return donnees


def _dire(form: BaseForm, phrases: Iterable[str]) -> int:
    """Tell why nothing, or not everything, was saved, at the top of the form; the status to answer."""
    for phrase in phrases:
        form.add_error(None, phrase)
    return 409


@require_http_methods(["GET", "HEAD", "POST"])
@jusqu_a_l_envoi
def structure(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """Step 1."""
    reponse = charger(request, reponse_id)
    if request.method == "POST":
        exiger_ecriture(request, reponse)
    elif not peut_ecrire(request, reponse):
        return redirect("offres:etape_relecture", reponse.pk)
    form, statut = EtapeStructureForm(postees(request), reponse=reponse), 200
    if request.method == "POST":
        statut = 422
        if form.is_valid():
            try:
                _enregistrer_la_structure(request, reponse, form.cleaned_data)
                return _apres_la_structure(request, reponse)
            except ActionImpossible as erreur:
                statut = _dire(form, [str(erreur)])
            except Conflit as conflit:
                fusion = fusionner_le_formulaire(request, reponse, "structure", conflit)
                if not fusion.phrases:
                    operations.atteindre_etape(reponse, 1, personne(request))
                    return _apres_la_structure(request, reponse)
                form = EtapeStructureForm(fusion.donnees, reponse=reponse)
                statut = _dire(form, fusion.phrases)
    return render(
        request,
        "offres/etape_structure.html",
        {
            **contexte(reponse, "structure"),
            **champ_par_champ(request, reponse, "structure", relue=statut == 409),
            "form": form,
        },
        status=statut,
    )


def _enregistrer_la_structure(request: HttpRequest, reponse: Reponse, d: dict[str, Any]) -> None:
    operations.enregistrer_structure(
        reponse,
        d["version"],
        personne(request),
        champs={cle: d[cle] for cle in ("participation", "file_active", "file_active_inconnue")},
        fiche={
            "capacite": reponse.structure.capacite if d["file_active"] is None else d["file_active"],
            **{cle: d[cle] for cle in ("contact_fonction", "telephone", "courriel")},
        },
        publics=d["publics"],
    )


def _apres_la_structure(request: HttpRequest, reponse: Reponse) -> HttpResponse:
    if reponse.participation == Reponse.Participation.NON:
        return redirect("offres:etape_relecture", reponse.pk)
    return _apres(request, reponse, 1)


@require_http_methods(["GET", "HEAD", "POST"])
@jusqu_a_l_envoi
def cooperations(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """Step 4."""
    reponse = charger(request, reponse_id)
    if request.method == "POST":
        exiger_ecriture(request, reponse)
    elif not peut_ecrire(request, reponse):
        return redirect("offres:etape_relecture", reponse.pk)
    passee = precedente(reponse)
    avant = conventions_d_avant(passee)
    form, statut = EtapeCooperationsForm(postees(request), reponse=reponse, avant=avant), 200
    initiaux = reponse.cooperations.get("partenaires", [])
    partenaires = enregistrement.rangees("partenaires", initiaux, postees(request))
    if request.method == "POST":
        statut = 422
        # Both are checked: all errors are told at once.
        if all([form.is_valid(), partenaires.is_valid()]):
            valeurs: dict[str, Any] = {cle: form.cleaned_data[cle] for cle in CONVENTIONS if form.cleaned_data[cle]}
            valeurs["partenaires"] = enregistrement.rangees_propres("partenaires", partenaires)
            try:
                operations.enregistrer_etape(
                    reponse, 4, form.cleaned_data["version"], personne(request), cooperations=valeurs
                )
                return _apres_les_cooperations(request, reponse)
            except ActionImpossible as erreur:
                statut = _dire(form, [str(erreur)])
            except Conflit as conflit:
                fusion = fusionner_le_formulaire(request, reponse, "cooperations", conflit)
                if not fusion.phrases:
                    operations.atteindre_etape(reponse, 4, personne(request))
                    return _apres_les_cooperations(request, reponse)
                form = EtapeCooperationsForm(fusion.donnees, reponse=reponse, avant=avant)
                partenaires = enregistrement.rangees("partenaires", [], fusion.donnees)
                statut = _dire(form, fusion.phrases)
    return render(
        request,
        "offres/etape_cooperations.html",
        {
            **contexte(reponse, "cooperations"),
            **champ_par_champ(request, reponse, "cooperations", relue=statut == 409),
            "form": form,
            "partenaires": partenaires,
            "reprises": partenaires_a_reprendre(reponse, passee),
        },
        status=statut,
    )


def _apres_les_cooperations(request: HttpRequest, reponse: Reponse) -> HttpResponse:
    if request.POST.get("suite") == "ligne":
        return redirect(request.path + "#partenaires")
    return _apres(request, reponse, 4)


@require_http_methods(["GET", "HEAD", "POST"])
@jusqu_a_l_envoi
def relecture(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """Step 5: everything on one page, what is missing, the sending. Also the page of who only reads."""
    reponse = charger(request, reponse_id)
    form, statut = EnvoiForm(initial={"version": reponse.version, "commentaire": reponse.commentaire}), 200
    if request.method == "POST":
        exiger(
            request.user,
            "offres.envoyer",
            reponse,
            raison="Seules les personnes de la structure envoient sa réponse.",
        )
        if not reponse.modifiable:
            messages.info(request, "Cette réponse a déjà été envoyée\u00a0: rien n’a été envoyé une seconde fois.")
            return redirect(reponse)
        form = EnvoiForm(request.POST)
        statut = 422
        if form.is_valid() and not manques_de(reponse):
            try:
                operations.soumettre(
                    reponse,
                    form.cleaned_data["version"],
                    personne(request),
                    commentaire=form.cleaned_data["commentaire"],
                )
                messages.success(request, "Votre réponse est envoyée. Merci\u00a0!")
                return redirect(reponse)
            except ActionImpossible as erreur:
                messages.info(request, str(erreur))
                return redirect(reponse)
            except Conflit as conflit:
                reponse.refresh_from_db()
                form = EnvoiForm(_avec_version(request, reponse.version))
                form.add_error(
                    None,
                    f"{conflit.par or 'Une autre personne'} a modifié la réponse depuis votre relecture. "
                    "Relisez-la ci-dessous, puis envoyez-la.",
                )
                statut = 409
    return render(request, "offres/relecture.html", _contexte_relecture(request, reponse, form), status=statut)


def _contexte_relecture(request: HttpRequest, reponse: Reponse, form: EnvoiForm) -> dict[str, Any]:
    ecrit = peut_ecrire(request, reponse)
    reponses = dict(OUI_NON)
    offres, besoins = Offre.objects.de_la_reponse(reponse), Besoin.objects.de_la_reponse(reponse)
    return {
        **contexte(reponse, "relecture"),
        **(champ_par_champ(request, reponse, "relecture") if ecrit else {}),
        "form": form,
        "peut_ecrire": ecrit,
        "peut_envoyer": peut(request.user, "offres.envoyer", reponse),
        "peut_rouvrir": peut(request.user, "offres.rouvrir", reponse) and reponse.etat == Reponse.Etat.SOUMISE,
        "manques": manques_de(reponse) if ecrit else [],
        "vigilances": vigilances_de(reponse) if ecrit else [],
        "oublis": oublis_de(reponse) if ecrit else [],
        "groupes": [
            ("offres", "Ce que vous pouvez partager" if ecrit else "Offres", list(offres.pour_affichage())),
            ("besoins", "Ce dont vous avez besoin" if ecrit else "Besoins", list(besoins.pour_affichage())),
        ],
        "conventions": [
            (question, reponses.get(reponse.cooperations.get(cle), "Sans réponse"))
            for cle, question in CONVENTIONS.items()
        ],
        "partenaires": reponse.cooperations.get("partenaires", []),
    }
