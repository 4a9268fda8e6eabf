"""What people decide after an import: close or keep what has disappeared, take or leave what a file says."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.imports.accord import poser
from structures.imports.mots import LIBELLES
from structures.imports.valeurs import depuis_brut, valeur_de
from structures.models import Ecart, LigneImport, Public, Structure
from structures.operations import fermer
from structures.territoires.models import Commune, Pole

LOT_MAX = 500


class ValeurPrise(Exception):
    """The file's value can't be taken; the message is for the person."""


def structures_tenues(par: Utilisateur) -> QuerySet[Structure]:
    """The structures this person decides for: those of the pôles they coordinate; all for the administration."""
    if est_administration(par):
        return Structure.objects.all()
    poles = Pole.objects.filter(pk__in=poles_coordonnes(par))
    return Structure.objects.filter(commune__in=Commune.objects.filter(poles__in=poles))


# --- what has disappeared from a list -------------------------------------------------------


def propositions(par: Utilisateur) -> QuerySet[LigneImport]:
    """The proposals of closure that await this person, of applied imports."""
    return LigneImport.objects.filter(
        action=LigneImport.Action.DISPARUE,
        suite="",
        journal__essai=False,
        journal__etat="termine",
        structure__in=structures_tenues(par).filter(fermee_le__isnull=True),
    )


def decider(lignes: Sequence[int], fermeture: bool, par: Utilisateur, motif: str) -> int:
    """Close or keep the structures of these lines; how many. Lines decided already are left alone."""
    a_decider = propositions(par).filter(pk__in=list(lignes)[:LOT_MAX]).select_related("structure", "journal")
    nombre = 0
    for ligne in a_decider.order_by("pk"):
        nombre += _decider_une(ligne, fermeture, par, motif)
    return nombre


@transaction.atomic
def _decider_une(ligne: LigneImport, fermeture: bool, par: Utilisateur, motif: str) -> bool:
    suite = LigneImport.Suite.FERMEE if fermeture else LigneImport.Suite.GARDEE
    pris = LigneImport.objects.filter(pk=ligne.pk, suite="").update(
        suite=suite, suite_par=par, suite_le=timezone.now(), raison=motif[:500]
    )
    if not pris or ligne.structure is None:
        return False
    if fermeture:
        fermer(ligne.structure, par, motif or f"absente de « {ligne.journal.fichier} »", ligne=ligne.pk)
    return True


# --- what files say otherwise ---------------------------------------------------------------


def ecarts_ouverts(par: Utilisateur) -> QuerySet[Ecart]:
    """The differences that await this person."""
    return Ecart.objects.filter(
        etat=Ecart.Etat.OUVERT, structure__in=structures_tenues(par).filter(fusionnee_dans__isnull=True)
    )


@transaction.atomic
def prendre(ecart: Ecart, par: Utilisateur) -> bool:
    """Write the file's value; the field is the list's again. False when it was settled already.

    Raises ValeurPrise when the value can't be written (a number that another structure bears).
    """
    ecart = Ecart.objects.select_for_update().filter(pk=ecart.pk, etat=Ecart.Etat.OUVERT).first() or Ecart()
    if ecart.pk is None:
        return False
    structure = Structure.objects.select_for_update().select_related("commune").get(pk=ecart.structure_id)
    _verifier_le_numero(ecart)
    poser(structure, ecart.valeurs)
    if "commune_id" in ecart.valeurs:
        structure.commune = Commune.objects.get(pk=ecart.valeurs["commune_id"])
    if "publics" in ecart.valeurs:
        structure.publics.set(Public.objects.filter(slug__in=ecart.valeurs["publics"]))
    for champ in ecart.valeurs:
        structure.provenance[champ] = {
            "source": ecart.source,
            "liste": ecart.liste,
            "le": timezone.localdate().isoformat(),
            "accepte_par": par.pk,
        }
    structure._change_reason = f"valeur du fichier prise : {LIBELLES.get(ecart.champ, ecart.champ)}"[:100]  # type: ignore[attr-defined]
    structure._history_user = par  # type: ignore[attr-defined]
    structure.save()
    # The same field of other lists is compared again at their next import.
    ecart.delete()
    return True


def _verifier_le_numero(ecart: Ecart) -> None:
    if ecart.champ not in ("finess", "uai", "safir"):
        return
    numero = ecart.valeurs.get(ecart.champ)
    if numero and Structure.objects.filter(**{ecart.champ: numero}).exclude(pk=ecart.structure_id).exists():
        raise ValeurPrise(f"Le numéro {numero} est déjà celui d’une autre structure.")


def garder(ecart: Ecart, par: Utilisateur) -> bool:
    """The structure's value stays; the difference is shown again only if the file's value changes."""
    return bool(
        Ecart.objects.filter(pk=ecart.pk, etat=Ecart.Etat.OUVERT).update(
            etat=Ecart.Etat.GARDE, decide_par=par, decide_le=timezone.now()
        )
    )


def paire(ecart: Ecart) -> list[list[Any]]:
    """[[field, file, here], …], raw: what the difference opposes (publics must have been prefetched)."""
    return [
        [champ, valeur, _ici(ecart.structure, champ)]
        for champ, valeur in ecart.valeurs.items()
        # A point says itself, whether it is the centre of the commune goes with it.
        if champ != "point_approche" or len(ecart.valeurs) == 1
    ]


def _ici(structure: Structure, champ: str) -> Any:
    valeur = valeur_de(structure, champ)
    return valeur.isoformat() if hasattr(valeur, "isoformat") else valeur


def encore_differents(ecart: Ecart) -> bool:
    """Whether the structure still says otherwise: it may have been corrected since the import."""
    return any(
        valeur_de(ecart.structure, champ) != depuis_brut(champ, valeur) for champ, valeur in ecart.valeurs.items()
    )
