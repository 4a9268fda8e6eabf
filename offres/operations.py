"""What people do with campaigns, answers and their lines: typed writes, one transaction each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Model, Q
from django.urls import reverse
from django.utils import timezone

from offres.etats import ACTIONS
from offres.models import Besoin, Offre, Reponse, Service
from offres.relances import retenir
from structures.comptes.models import Utilisateur
from structures.comptes.notifications import notifier
from structures.models import Adhesion, Public
from structures.operations import corriger

Ligne = Offre | Besoin
GENRES: dict[str, type[Offre] | type[Besoin]] = {"offres": Offre, "besoins": Besoin}
M2M = ("communes", "bassins", "departements", "publics")
# What belongs to one row only: a copy gets its own.
PROPRES = {"id", "publiee", "publiee_le", "retiree_le", "remplace", "version", "cree_le", "reponse"}


class ActionImpossible(Exception):
    """The state of the answer doesn't allow it; the message is for the person."""


@dataclass
class Conflit(Exception):
    """Somebody else wrote after this person had read. Nothing was saved."""

    par: str
    le: datetime | None


# --- answers ----------------------------------------------------------------------------------


def _toucher(reponse: Reponse, par: Utilisateur, version: int | None = None, **champs: Any) -> None:
    """One write in an answer: its state allows it, its version is the one read (when given)."""
    maintenant = timezone.now()
    permis = ACTIONS["commencer"].depuis | ACTIONS["enregistrer"].depuis
    lignes = Reponse.objects.non_closes().filter(pk=reponse.pk, etat__in=permis)
    if version is not None:
        lignes = lignes.filter(version=version)
    if not lignes.update(version=F("version") + 1, modifie_le=maintenant, modifie_par=par, **champs):
        _expliquer(reponse, version)
        # Closed when it was written, open again when it was read: nothing was written.
        raise ActionImpossible("Cette réponse vient de changer\u00a0: ouvrez-la à nouveau.")
    Reponse.objects.filter(pk=reponse.pk, etat__in=ACTIONS["commencer"].depuis).update(
        etat=ACTIONS["commencer"].vers, commencee_le=maintenant
    )
    reponse.refresh_from_db()


def pourquoi_fermee(reponse: Reponse) -> str:
    """Why nobody writes in this answer any more, in words; empty when they may."""
    if reponse.modifiable:
        return ""
    if reponse.etat == Reponse.Etat.REFUSEE:
        return "Votre structure a dit qu’elle ne répondrait pas\u00a0: revenez d’abord sur ce choix."
    if reponse.etat != Reponse.Etat.SOUMISE:
        return "La campagne est close\u00a0: plus rien n’y est enregistré."
    return "Cette réponse a déjà été envoyée\u00a0: la coordination peut la rouvrir à votre demande."


def _expliquer(reponse: Reponse, version: int | None) -> None:
    """Raise what prevented a write: the answer was sent, or somebody else wrote."""
    actuelle = Reponse.objects.select_related("modifie_par", "soumise_par").get(pk=reponse.pk)
    if fermee := pourquoi_fermee(actuelle):
        raise ActionImpossible(fermee)
    if version is not None and actuelle.version != version:
        raise Conflit(str(actuelle.modifie_par or ""), actuelle.modifie_le)


def _atteindre(reponse: Reponse, etape: int) -> int:
    return max(reponse.etape, etape)


@transaction.atomic
def enregistrer_etape(reponse: Reponse, etape: int, version: int, par: Utilisateur, **champs: Any) -> None:
    """Save the fields of a step (draft). Raises Conflit or ActionImpossible."""
    _toucher(reponse, par, version, etape=_atteindre(reponse, etape), **champs)


@transaction.atomic
def enregistrer_structure(
    reponse: Reponse,
    version: int,
    par: Utilisateur,
    *,
    champs: Mapping[str, Any],
    fiche: Mapping[str, Any],
    publics: Iterable[Public],
) -> None:
    """Save step 1: the answer's own fields, and what it corrects in the structure's sheet.

    What the structure says of itself wins over imports (`provenance`) and confirms its sheet.
    """
    enregistrer_etape(reponse, 1, version, par, **champs)
    corriger(reponse.structure, {**fiche, "publics": list(publics)}, par)


@transaction.atomic
def atteindre_etape(reponse: Reponse, etape: int, par: Utilisateur) -> None:
    """Remember that a step was gone through."""
    if reponse.etape < etape:
        _toucher(reponse, par, etape=etape)


@transaction.atomic
def ajouter_ligne(
    reponse: Reponse, genre: str, service: Service, par: Utilisateur, *, service_autre: str = "", description: str = ""
) -> Ligne:
    """Begin an offer or a need in an answer."""
    _toucher(reponse, par)
    return GENRES[genre].objects.create(
        reponse=reponse,
        structure=reponse.structure,
        service=service,
        service_autre=service_autre,
        description=description,
        unite=service.unite_volume,
        modifie_par=par,
    )


def _questionnaire(ligne: Ligne) -> Reponse:
    if ligne.reponse is None:
        raise ActionImpossible("Cette ligne n’appartient à aucun questionnaire.")
    return ligne.reponse


@transaction.atomic
def enregistrer_ligne(
    ligne: Ligne, version: int, par: Utilisateur, champs: Mapping[str, Any], liens: Mapping[str, Iterable[Model]]
) -> None:
    """Save some fields and some links of a line. Raises Conflit or ActionImpossible."""
    _toucher(_questionnaire(ligne), par)
    modele = type(ligne)
    pris = modele._default_manager.filter(pk=ligne.pk, version=version, publiee=False).update(
        version=F("version") + 1, modifie_le=timezone.now(), modifie_par=par, **champs
    )
    if not pris:
        actuelle = modele._default_manager.select_related("modifie_par").filter(pk=ligne.pk).first()
        if actuelle is None:
            raise ActionImpossible("Cette ligne a été retirée entre-temps.")
        raise Conflit(str(actuelle.modifie_par or ""), actuelle.modifie_le)
    ligne.refresh_from_db()
    for nom, valeurs in liens.items():
        getattr(ligne, nom).set(valeurs)


@transaction.atomic
def retirer_ligne(ligne: Ligne, par: Utilisateur) -> None:
    """Remove a line that was not sent yet."""
    if ligne.publiee:
        raise ActionImpossible("Cette ligne est publiée\u00a0: elle se modifie dans une réponse rouverte.")
    _toucher(_questionnaire(ligne), par)
    ligne.delete()


@transaction.atomic
def soumettre(reponse: Reponse, version: int, par: Utilisateur, *, commentaire: str | None = None) -> None:
    """Send an answer once: its lines are published, those it no longer holds are withdrawn.

    Raises Conflit (the answer changed since it was reread) or ActionImpossible (already sent).
    """
    maintenant = timezone.now()
    action = ACTIONS["soumettre"]
    pris = (
        Reponse.objects.non_closes()
        .filter(pk=reponse.pk, etat__in=action.depuis, version=version)
        .update(
            etat=action.vers,
            version=F("version") + 1,
            etape=5,
            soumise_le=maintenant,
            soumise_par=par,
            commentaire=reponse.commentaire if commentaire is None else commentaire,
        )
    )
    if not pris:
        _expliquer(reponse, version)
        raise ActionImpossible("Commencez par remplir le questionnaire.")
    reponse.refresh_from_db()
    # Never a reminder after the answer.
    retenir([reponse.pk])
    for modele in GENRES.values():
        _publier(modele, reponse, maintenant)


def _publier(modele: type[Any], reponse: Reponse, maintenant: datetime) -> None:
    """Put the lines of the answer in the place of what the structure had published before."""
    gardees: set[int] = set()
    for brouillon in modele._default_manager.filter(reponse=reponse).brouillons():
        if brouillon.remplace_id is None:
            brouillon.publiee, brouillon.publiee_le = True, maintenant
            brouillon.save(update_fields=["publiee", "publiee_le"])
            gardees.add(brouillon.pk)
            continue
        # The original keeps its number: sheets and matches already name it.
        originale: Any = brouillon.remplace
        _recopier(brouillon, originale)
        originale.reponse, originale.version = reponse, originale.version + 1
        originale.publiee, originale.publiee_le, originale.retiree_le = True, maintenant, None
        originale.save()
        gardees.add(originale.pk)
        brouillon.delete()
    # What the same pôle had collected before. Another pôle's campaign is another conversation.
    anciennes = modele._default_manager.filter(structure=reponse.structure_id, publiee=True).filter(
        Q(reponse=reponse) | Q(reponse__campagne__pole=reponse.campagne.pole_id)
    )
    anciennes.exclude(pk__in=gardees).update(publiee=False, retiree_le=maintenant)


def _recopier(de: Ligne, vers: Ligne) -> None:
    """Copy what a person wrote from a line to another one of the same kind (saved already)."""
    for champ in de._meta.concrete_fields:
        if champ.name not in PROPRES:
            setattr(vers, champ.attname, getattr(de, champ.attname))
    for nom in M2M:
        getattr(vers, nom).set(getattr(de, nom).all())


@transaction.atomic
def rouvrir(reponse: Reponse, motif: str, par: Utilisateur) -> None:
    """Give an answer back to its structure, with a reason. What it had published stays until it is sent again.

    Raises ActionImpossible without a reason or when it is not sent.
    """
    action = ACTIONS["rouvrir"]
    if not motif.strip():
        raise ActionImpossible("Dites à la structure pourquoi sa réponse est rouverte.")
    pris = Reponse.objects.filter(pk=reponse.pk, etat__in=action.depuis).update(
        etat=action.vers,
        version=F("version") + 1,
        rouverte_le=timezone.now(),
        rouverte_par=par,
        motif_reouverture=motif.strip(),
        # What the interview had written was confirmed by the sending.
        saisie_par_coordination=False,
        confirmation_demandee_le=None,
    )
    if not pris:
        raise ActionImpossible("Cette réponse n’est pas envoyée\u00a0: elle est déjà ouverte à la structure.")
    reponse.refresh_from_db()
    for modele in GENRES.values():
        for originale in modele._default_manager.filter(reponse=reponse, publiee=True):
            copie: Any = modele(reponse=reponse, structure=originale.structure)
            copie.remplace = originale
            for champ in originale._meta.concrete_fields:
                if champ.name not in PROPRES:
                    setattr(copie, champ.attname, getattr(originale, champ.attname))
            copie.save()
            _recopier(originale, copie)
    _prevenir_de_la_reouverture(reponse)


def _prevenir_de_la_reouverture(reponse: Reponse) -> None:
    directions = Adhesion.objects.actives().filter(
        structure=reponse.structure_id, role=Adhesion.Role.DIRECTION, utilisateur__is_active=True
    )
    personnes = {direction.utilisateur for direction in directions.select_related("utilisateur")}
    if reponse.soumise_par is not None:
        personnes.add(reponse.soumise_par)
    for personne in sorted(personnes, key=lambda personne: personne.email):
        notifier(
            personne,
            "offres-reouverture",
            "offres_reouverture",
            {
                "reponse": reponse,
                "lien": settings.PCTI_URL + reverse("offres:questionnaire", args=[reponse.pk]),
            },
            objet=f"offres.reponse:{reponse.pk}",
            repondre_a=reponse.rouverte_par.email if reponse.rouverte_par else "",
        )
