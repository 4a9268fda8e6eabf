"""Last year's answer offered line by line: taken as it is, taken to be changed, or left. Never copied unasked.

A line taken again keeps its number when it is sent (`remplace`): the matches and sheets that name it follow.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from offres import operations
from offres.forms.etapes import CONVENTIONS, OUI_NON
from offres.models import Reponse
from offres.operations import GENRES, M2M, PROPRES, ActionImpossible, Ligne
from socle.templatetags.typographie import jour
from structures.comptes.models import Utilisateur


@dataclass(frozen=True)
class Reprise:
    """One thing answered before: its key, what it says, the line itself for an offer or a need."""

    cle: str
    libelle: str
    detail: str
    ligne: Ligne | None = None


def precedente(reponse: Reponse) -> Reponse | None:
    """The last answer that the structure sent to another campaign of the same pôle."""
    autres = Reponse.objects.filter(
        structure=reponse.structure_id, campagne__pole=reponse.campagne.pole_id, soumise_le__isnull=False
    )
    return autres.exclude(pk=reponse.pk).select_related("campagne").order_by("-soumise_le").first()


def lignes_a_reprendre(reponse: Reponse, genre: str) -> list[Reprise]:
    """Published lines of an earlier campaign, neither taken again nor left (constant queries)."""
    lignes: Any = GENRES[genre].objects.filter(
        structure=reponse.structure_id,
        publiee=True,
        reponse__campagne__pole=reponse.campagne.pole_id,
        copie_en_cours__isnull=True,
    )
    return [
        Reprise(f"{genre}:{ligne.pk}", ligne.libelle, "", ligne)
        for ligne in lignes.exclude(reponse=reponse).pour_affichage()
        if f"{genre}:{ligne.pk}" not in reponse.laissees
    ]


def conventions_d_avant(avant: Reponse | None) -> dict[str, str]:
    """What the last answer said of each agreement, in words: told beside the question, one tap says it again."""
    if avant is None:
        return {}
    mots = dict(OUI_NON)
    quand = jour(avant.soumise_le)
    return {
        cle: f"Vous aviez répondu «\u00a0{mots[avant.cooperations[cle]]}\u00a0» le {quand}."
        for cle in CONVENTIONS
        if avant.cooperations.get(cle) in mots
    }


def partenaires_a_reprendre(reponse: Reponse, avant: Reponse | None) -> list[Reprise]:
    """Partners of the last answer that this one does not name yet."""
    if avant is None:
        return []
    depuis = f"répondu le {jour(avant.soumise_le)}"
    trouvees = []
    connus = {partenaire["partenaire"] for partenaire in reponse.cooperations.get("partenaires", [])}
    for partenaire in avant.cooperations.get("partenaires", []):
        if partenaire["partenaire"] not in connus:
            objet = partenaire.get("objet") or "objet non précisé"
            trouvees.append(
                Reprise(f"partenaire:{partenaire['partenaire']}", partenaire["partenaire"], f"{objet}, {depuis}")
            )
    return [reprise for reprise in trouvees if reprise.cle not in reponse.laissees]


def _trouver(reponse: Reponse, cle: str) -> Reprise:
    genre = cle.partition(":")[0]
    if genre in GENRES:
        proposees = lignes_a_reprendre(reponse, genre)
    else:
        proposees = partenaires_a_reprendre(reponse, precedente(reponse))
    for reprise in proposees:
        if reprise.cle == cle:
            return reprise
    raise ActionImpossible("Cette réponse est déjà reprise, ou n’est plus proposée.")


@transaction.atomic
def reprendre(reponse: Reponse, cle: str, par: Utilisateur) -> Ligne | None:
    """Copy one thing into the answer; the new line for an offer or a need. Raises ActionImpossible."""
    # Two clicks at once: the second one waits here, then finds it taken.
    Reponse.objects.select_for_update(of=("self",)).get(pk=reponse.pk)
    reponse.refresh_from_db()
    reprise = _trouver(reponse, cle)
    if reprise.ligne is not None:
        return _reprendre_la_ligne(reponse, reprise.ligne, par)
    avant = precedente(reponse)
    if avant is None:
        raise ActionImpossible("Il n’y a rien à reprendre.")
    valeurs, nom = dict(reponse.cooperations), cle.partition(":")[2]
    anciens = avant.cooperations.get("partenaires", [])
    valeurs["partenaires"] = [
        *valeurs.get("partenaires", []),
        *[partenaire for partenaire in anciens if partenaire["partenaire"] == nom][:1],
    ]
    operations.enregistrer_etape(reponse, reponse.etape, reponse.version, par, cooperations=valeurs)
    return None


def _reprendre_la_ligne(reponse: Reponse, ancienne: Ligne, par: Utilisateur) -> Ligne:
    operations.enregistrer_etape(reponse, reponse.etape, reponse.version, par)
    copie: Any = type(ancienne)(reponse=reponse, structure=ancienne.structure)
    for champ in ancienne._meta.concrete_fields:
        if champ.name not in PROPRES:
            setattr(copie, champ.attname, getattr(ancienne, champ.attname))
    copie.remplace, copie.modifie_par = ancienne, par
    copie.save()
    for nom in M2M:
        getattr(copie, nom).set(getattr(ancienne, nom).all())
    ligne: Ligne = copie
    return ligne


@transaction.atomic
def laisser(reponse: Reponse, cle: str, par: Utilisateur) -> None:
    """Set one thing aside: it is no longer offered. Raises ActionImpossible."""
    Reponse.objects.select_for_update(of=("self",)).get(pk=reponse.pk)
    reponse.refresh_from_db()
    _trouver(reponse, cle)
    operations.enregistrer_etape(reponse, reponse.etape, reponse.version, par, laissees=[*reponse.laissees, cle])
