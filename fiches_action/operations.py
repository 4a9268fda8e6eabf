"""Commands on the sheets: each in one transaction, on a locked sheet, never given a request."""

import hashlib
import json
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone

from fiches_action import avis
from fiches_action.etats import TRANSITIONS, Manque
from fiches_action.models import Acteur, Etape, Etat, FicheAction, Indicateur, Passage, prochaine_reference
from fiches_action.sections import Section
from offres import cooperations
from offres.models import Besoin, Offre
from socle.droits import exiger, peut
from structures.comptes.models import Utilisateur
from structures.models import Structure
from structures.regles import pole_coordonne
from structures.territoires.models import Bassin, Commune, Pole

Ligne = Acteur | Etape | Indicateur
_M2M = ("bassins", "communes", "publics", "services")


class PassageImpossible(Exception):
    """The workflow refuses: wrong state, or something is missing (``manques``)."""

    def __init__(self, message: str, manques: list[Manque] | None = None) -> None:
        super().__init__(message)
        self.manques = manques or []


class ConflitDeVersion(Exception):
    """Somebody changed the same section meanwhile; ``fiche`` is as it is now."""

    def __init__(self, fiche: FicheAction) -> None:
        super().__init__("Cette partie a été modifiée par quelqu’un d’autre.")
        self.fiche = fiche


def pole_de(commune: Commune | None, *, demonstration: bool = False) -> Pole | None:
    """The pôle whose perimeter holds the commune; a demonstration one only for demonstration data."""
    if commune is None:
        return None
    poles = Pole.objects.couvrant(commune).order_by("nom")
    return poles.filter(demonstration=demonstration).first() or (poles.first() if demonstration else None)


@transaction.atomic
def creer_fiche(
    par: Utilisateur,
    porteur: Structure,
    *,
    titre: str,
    pilote: Utilisateur | None = None,
    pole: Pole | None = None,
    partenaires: list[Structure] | None = None,
    **champs: Any,
) -> FicheAction:
    """A new draft with its leading structure as first actor.

    ``champs`` are fields of the model; bassins, communes, publics and services take lists.
    """
    plusieurs = {nom: champs.pop(nom) for nom in _M2M if nom in champs}
    fiche = FicheAction(
        reference=prochaine_reference("FA"),
        titre=titre,
        porteur=porteur,
        pilote=pilote or par,
        pole=pole or pole_de(porteur.commune, demonstration=porteur.fictive),
        **{"demonstration": porteur.fictive, **champs},
    )
    fiche._history_user = par  # type: ignore[attr-defined]
    fiche.save()
    for nom, valeurs in plusieurs.items():
        getattr(fiche, nom).set(valeurs)
    Acteur.objects.create(fiche=fiche, structure=porteur, role=Acteur.Role.PORTEUR)
    for partenaire in partenaires or []:
        if partenaire.pk != porteur.pk:
            Acteur.objects.create(fiche=fiche, structure=partenaire, role=Acteur.Role.PARTENAIRE)
    Passage.objects.create(fiche=fiche, action="creer", vers=Etat.BROUILLON, par=par)
    return fiche


def creer_depuis_rapprochement(
    besoin: Besoin, offre: Offre, par: Utilisateur, volume: int | None = None
) -> FicheAction:
    """A draft between the structure in need and the one that offers, filled with what both have said.

    ``volume`` is what they agreed on, in the unit of the offer; without it, what the need asks.

    The user's own structure leads, else the structure in need. Raises PermissionDenied when the
    person belongs to neither and coordinates neither pôle.
    """
    from fiches_action.regles import structures_actives

    miennes = structures_actives(par)
    porteur, autre = besoin.structure, offre.structure
    if offre.structure_id in miennes and besoin.structure_id not in miennes:
        porteur, autre = autre, porteur
    # Two pôles may hold the same commune: whoever coordinates one of them starts the sheet in theirs.
    pole = pole_coordonne(par, besoin.structure) or pole_de(
        besoin.structure.commune, demonstration=besoin.structure.fictive
    )
    if porteur.pk not in miennes and not (
        (pole is not None and peut(par, "fiches_action.valider", FicheAction(pole=pole)))
        or peut(par, "comptes.administrer")
    ):
        raise PermissionDenied(
            "Une fiche se démarre par l’une des deux structures, ou par la coordination de leur pôle."
        )
    return _prefiller(besoin, offre, par, porteur, autre, pole, volume)


@transaction.atomic
def _prefiller(
    besoin: Besoin,
    offre: Offre,
    par: Utilisateur,
    porteur: Structure,
    autre: Structure,
    pole: Pole | None,
    convenu: int | None,
) -> FicheAction:
    service = besoin.service
    libelle = besoin.libelle
    structures = [besoin.structure, offre.structure]
    codes = {s.commune.bassin_id for s in structures if s.commune and s.commune.bassin_id}
    publics = list(besoin.publics.all()) or list(offre.publics.all())
    fiche = creer_fiche(
        par,
        porteur,
        titre=f"Organiser ensemble\u00a0: {libelle[:1].lower()}{libelle[1:]}"[:160],
        pole=pole,
        partenaires=[autre],
        enjeux=_enjeux(besoin),
        objet=f"{offre.structure.nom} propose à {besoin.structure.nom}\u00a0: {libelle[:1].lower()}{libelle[1:]}.",
        finalite=FicheAction.Finalite.COOPERATION,
        bassins=list(Bassin.objects.filter(pk__in=codes)),
        publics=publics,
        services=[service],
        volume_prevu=next((v for v in (convenu, besoin.volume, offre.volume) if v is not None), None),
        unite=(besoin.unite if convenu is None and besoin.volume is not None else offre.unite) or service.unite_volume,
        ressources=_ressources(offre),
        besoin=besoin,
        offre=offre,
    )
    fiche.acteurs.filter(structure=offre.structure).update(contribution=(offre.description or libelle)[:1000])
    return fiche


def _enjeux(besoin: Besoin) -> str:
    morceaux = [besoin.description.strip()]
    if besoin.moment_cle:
        morceaux.append(f"Moment-clé du parcours\u00a0: {besoin.get_moment_cle_display().lower()}.")
    return "\n\n".join(m for m in morceaux if m)[:4000]


def _ressources(offre: Offre) -> str:
    lignes = []
    for ressource in offre.ressources or []:
        etp = ressource.get("etp")
        temps = f"\u00a0: {str(etp).replace('.', ',')}\u00a0ETP" if etp else ""
        lignes.append(f"– {ressource.get('profession', '')}{temps}")
    if offre.lieux:
        lignes.append(f"Lieux\u00a0: {offre.lieux}")
    if offre.materiel:
        lignes.append(f"Matériel\u00a0: {offre.materiel}")
    return "\n".join(lignes)[:4000]


# --- Writing, section by section -------------------------------------------------------------


def empreinte(fiche: FicheAction, section: Section) -> str:
    """What a section says, as a short hash: two people may write two sections at once, not one."""
    contenu: dict[str, Any] = {}
    for nom in section.champs:
        if nom in _M2M:
            contenu[nom] = sorted(str(pk) for pk in getattr(fiche, nom).values_list("pk", flat=True))
        else:
            contenu[nom] = str(getattr(fiche, f"{nom}_id" if nom == "pilote" else nom))
    return _hacher(contenu)


# What people type in a row; an answer given meanwhile by a structure is no conflict.
_SAISIS: dict[type[models.Model], tuple[str, ...]] = {
    Acteur: ("structure_id", "role", "contribution", "referent_fonction"),
    Etape: ("intitule", "responsable_id", "debut", "fin", "avancement"),
    Indicateur: (
        "intitule", "type", "definition", "unite", "effectif", "reference", "reference_le", "cible", "cible_le",
        "sens", "frequence", "source",
    ),
}  # fmt: skip


def empreinte_ligne(ligne: Ligne) -> str:
    """The same for one actor, step or indicator."""
    return _hacher({nom: str(getattr(ligne, nom)) for nom in _SAISIS[type(ligne)]})


def _hacher(contenu: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(contenu, sort_keys=True).encode()).hexdigest()[:20]


def _verrouiller(fiche: FicheAction) -> FicheAction:
    """The sheet as it is in the database, locked until commit (SQLite: IMMEDIATE already locks)."""
    return FicheAction.objects.select_for_update(of=("self",)).select_related("pole").get(pk=fiche.pk)


def _marquer(fiche: FicheAction, par: Utilisateur) -> None:
    """One more version, with its author in the history."""
    fiche.version += 1
    fiche._history_user = par  # type: ignore[attr-defined]
    fiche.save()


@transaction.atomic
def modifier_section(
    fiche: FicheAction, section: Section, valeurs: dict[str, Any], par: Utilisateur, *, lue: str
) -> FicheAction:
    """Write one section. ``lue`` is the fingerprint of what the person had before them.

    Raises PermissionDenied, and ConflitDeVersion when the section changed meanwhile.
    """
    courante = _verrouiller(fiche)
    exiger(par, "fiches_action.modifier", courante, raison="Cette fiche ne se modifie plus, ou pas par vous.")
    if empreinte(courante, section) != lue:
        raise ConflitDeVersion(courante)
    inconnus = set(valeurs) - set(section.champs)
    if inconnus:
        raise KeyError(", ".join(sorted(inconnus)))
    for nom, valeur in valeurs.items():
        if nom not in _M2M:
            setattr(courante, nom, valeur)
    _marquer(courante, par)
    for nom in _M2M:
        if nom in valeurs:
            getattr(courante, nom).set(valeurs[nom])
    return courante


@transaction.atomic
def enregistrer_ligne(fiche: FicheAction, ligne: Ligne, par: Utilisateur, *, lue: str = "") -> FicheAction:
    """Add or change an actor, a step or an indicator (already validated by its form).

    A changed role or contribution asks the structure for its agreement again: it had agreed to
    something else. Raises PermissionDenied and ConflitDeVersion.
    """
    courante = _verrouiller(fiche)
    exiger(par, "fiches_action.modifier", courante, raison="Cette fiche ne se modifie plus, ou pas par vous.")
    ligne.fiche = courante
    if ligne.pk:
        ancienne = type(ligne)._default_manager.filter(pk=ligne.pk, fiche=courante).first()
        if ancienne is None or (lue and empreinte_ligne(ancienne) != lue):
            raise ConflitDeVersion(courante)
        if isinstance(ligne, Acteur) and isinstance(ancienne, Acteur):
            _redemander(ligne, ancienne)
            # Replaced by another structure, or only informed from now on: it takes part no more.
            if ligne.structure_id != ancienne.structure_id or (ancienne.doit_confirmer and not ligne.doit_confirmer):
                cooperations.participation_retiree(courante.get_absolute_url(), ancienne.structure, par)
    elif isinstance(ligne, Etape | Indicateur):
        dernier = type(ligne)._default_manager.filter(fiche=courante).aggregate(n=models.Max("ordre"))["n"]
        ligne.ordre = (dernier or 0) + 1
    ligne.save()
    _marquer(courante, par)
    return courante


def _redemander(acteur: Acteur, ancien: Acteur) -> None:
    """Keep the answer as it is now; take it back if it was given on something else."""
    acteur.confirmation, acteur.confirmee_le = ancien.confirmation, ancien.confirmee_le
    acteur.confirmee_par = ancien.confirmee_par
    if ancien.role == Acteur.Role.PORTEUR:
        acteur.role, acteur.structure = ancien.role, ancien.structure
    if (acteur.role, acteur.contribution, acteur.structure_id) != (
        ancien.role,
        ancien.contribution,
        ancien.structure_id,
    ):
        acteur.confirmation, acteur.confirmee_le, acteur.confirmee_par = Acteur.Confirmation.ATTENDUE, None, None


@transaction.atomic
def retirer_ligne(fiche: FicheAction, ligne: Ligne, par: Utilisateur) -> FicheAction:
    """Remove an actor (never the leading structure), a step or an indicator."""
    courante = _verrouiller(fiche)
    exiger(par, "fiches_action.modifier", courante, raison="Cette fiche ne se modifie plus, ou pas par vous.")
    if isinstance(ligne, Acteur) and ligne.role == Acteur.Role.PORTEUR:
        raise PassageImpossible("La structure porteuse ne se retire pas de sa fiche.")
    if isinstance(ligne, Acteur):
        cooperations.participation_retiree(courante.get_absolute_url(), ligne.structure, par)
    ligne.delete()
    _marquer(courante, par)
    return courante


# --- Agreements to take part, and passages ---------------------------------------------------


@transaction.atomic
def confirmer(acteur: Acteur, par: Utilisateur, *, participe: bool) -> Acteur:
    """A structure says whether it takes part. Raises PermissionDenied."""
    fiche = _verrouiller(acteur.fiche)
    courant = Acteur.objects.select_related("structure").get(pk=acteur.pk)
    courant.fiche = fiche
    exiger(
        par,
        "fiches_action.confirmer",
        courant,
        raison="La structure citée confirme elle-même, tant que la fiche est proposée.",
    )
    courant.confirmation = Acteur.Confirmation.CONFIRMEE if participe else Acteur.Confirmation.DECLINEE
    courant.confirmee_le, courant.confirmee_par = timezone.now(), par
    courant.save()
    suite = cooperations.participation_confirmee if participe else cooperations.participation_declinee
    suite(fiche.get_absolute_url(), courant.structure, par)
    return courant


@transaction.atomic
def appliquer(
    fiche: FicheAction,
    action: str,
    par: Utilisateur,
    motif: str = "",
    *,
    decision_le: date | None = None,
    prevenir: bool = True,
) -> FicheAction:
    """Make a sheet go from one state to the next, by the table of etats.py, and say who did.

    Raises KeyError for an unknown action, PermissionDenied, and PassageImpossible when the state
    or the content doesn't allow it. ``decision_le`` is the committee's date (today by default).
    ``prevenir`` writes the e-mails of the passage (avis.py); demonstration data don't.
    """
    transition = TRANSITIONS[action]
    courante = _verrouiller(fiche)
    exiger(par, transition.permission, courante, raison=f"Cette décision revient à {transition.qui}.")
    if courante.etat not in transition.de:
        raise PassageImpossible(
            f"«\u00a0{transition.libelle}\u00a0» n’est pas possible\u00a0: "
            f"la fiche est à l’état «\u00a0{courante.get_etat_display()}\u00a0»."
        )
    if transition.motif_requis and not motif.strip():
        raise PassageImpossible("Dites pourquoi, en une phrase\u00a0: le motif reste dans l’historique de la fiche.")
    decision = (decision_le or timezone.localdate()) if transition.decision else None
    if decision and decision > timezone.localdate():
        raise PassageImpossible("La décision du comité ne peut pas être datée d’un jour à venir.")
    manques = transition.manques(courante)
    if manques:
        raise PassageImpossible("Il manque encore quelque chose avant cette étape.", manques)
    passage = Passage.objects.create(
        fiche=courante, action=action, de=courante.etat, vers=transition.vers, par=par, motif=motif.strip(),
        decision_le=decision,
    )  # fmt: skip
    courante.etat = transition.vers
    if decision:
        courante.validee_le = decision
    _marquer(courante, par)
    if action == "proposer":
        _confirmer_le_porteur(courante, par)
        cooperations.participation_confirmee(courante.get_absolute_url(), courante.porteur, par, porteur=True)
    elif action == "abandonner":
        cooperations.fiche_abandonnee(courante.get_absolute_url(), passage.motif, par)
    if prevenir:
        avis.prevenir(courante, passage)
    return courante


def _confirmer_le_porteur(fiche: FicheAction, par: Utilisateur) -> None:
    """Who proposes agrees: the leading structure is not asked what it has just said."""
    for acteur in fiche.acteurs.filter(role=Acteur.Role.PORTEUR):
        acteur.confirmation = Acteur.Confirmation.CONFIRMEE
        acteur.confirmee_le, acteur.confirmee_par = timezone.now(), par
        acteur.save()
