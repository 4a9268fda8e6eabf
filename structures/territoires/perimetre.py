"""Changes a pôle's perimeter, commune by commune or by whole bassins, and keeps the trace.

Two people may draw the same perimeter: each change names what it saw (`empreinte`), and one that
saw something else is refused with what changed, so that nobody undoes another without knowing.
"""

import hashlib
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from structures.territoires.models import Bassin, Commune, Departement, ModificationPerimetre, Pole

if TYPE_CHECKING:
    from structures.comptes.models import Utilisateur


class PerimetreChange(Exception):
    """Somebody changed these communes since the page was opened."""


class ErreurPerimetre(Exception):
    """The change can't be made; the message is for the person."""


def communes_du_bassin(pole: Pole, bassin: Bassin) -> set[str]:
    """Codes of the communes of the bassin that are in the perimeter."""
    return set(pole.communes.filter(bassin=bassin).values_list("code", flat=True))


def empreinte(codes: Iterable[str]) -> str:
    """What a page saw of a set of communes."""
    return hashlib.sha256(",".join(sorted(codes)).encode()).hexdigest()[:16]


@transaction.atomic
def choisir_communes(
    pole: Pole, bassin: Bassin, voulues: Collection[str], par: "Utilisateur", *, vu: str, motif: str = ""
) -> ModificationPerimetre | None:
    """Keep exactly these communes of the bassin in the perimeter; None when nothing changes.

    Codes of other bassins are ignored. Raises PerimetreChange when `vu` is not what is there now.
    """
    pole = _verrouiller(pole)
    actuelles = communes_du_bassin(pole, bassin)
    possibles = set(Commune.objects.du_bassin(bassin.code).filter(code__in=voulues).values_list("code", flat=True))
    if empreinte(actuelles) != vu:
        raise PerimetreChange
    return _appliquer(pole, possibles - actuelles, actuelles - possibles, par, motif)


@transaction.atomic
def ajouter_bassin(pole: Pole, bassin: Bassin, par: "Utilisateur", motif: str = "") -> ModificationPerimetre | None:
    """Put the whole bassin in the perimeter (it becomes one of the starting bassins)."""
    pole = _verrouiller(pole)
    pole.bassins.add(bassin)
    toutes = set(Commune.objects.du_bassin(bassin.code).values_list("code", flat=True))
    return _appliquer(pole, toutes - communes_du_bassin(pole, bassin), set(), par, motif)


@transaction.atomic
def retirer_bassin(pole: Pole, bassin: Bassin, par: "Utilisateur", motif: str = "") -> ModificationPerimetre | None:
    """Take the whole bassin out. Raises ErreurPerimetre when the pôle would be left without a commune."""
    pole = _verrouiller(pole)
    modification = _appliquer(pole, set(), communes_du_bassin(pole, bassin), par, motif)
    pole.bassins.remove(bassin)
    return modification


@transaction.atomic
def annuler(modification: ModificationPerimetre, par: "Utilisateur") -> ModificationPerimetre | None:
    """Undo a change: what came in goes out and the reverse, but for what another change touched since.

    Returns the opposite change, or None when nothing was left to undo. Raises ErreurPerimetre when
    it is already undone.
    """
    pole = _verrouiller(modification.pole)
    modification = ModificationPerimetre.objects.select_for_update().get(pk=modification.pk)
    if modification.annulee_le is not None or modification.annule_id is not None:
        raise ErreurPerimetre("Cette modification est déjà annulée.")
    modification.annulee_le, modification.annulee_par = timezone.now(), par
    modification.save(update_fields=["annulee_le", "annulee_par"])
    touchees: set[str] = set()
    for suivante in pole.modifications.filter(pk__gt=modification.pk, annulee_le__isnull=True, annule__isnull=True):
        touchees |= {*suivante.ajoutees, *suivante.retirees}
    presentes = set(pole.communes.values_list("code", flat=True))
    connues = set(Commune.objects.filter(code__in=modification.retirees).values_list("code", flat=True))
    motif = f"Annulation de la modification du {timezone.localtime(modification.le):%d/%m/%Y}"
    inverse = _appliquer(
        pole, connues - presentes - touchees, (set(modification.ajoutees) & presentes) - touchees, par, motif
    )
    if inverse is not None:
        inverse.annule = modification
        inverse.save(update_fields=["annule"])
        _accorder_les_bassins(pole, presentes, inverse)
    return inverse


def _accorder_les_bassins(pole: Pole, avant: set[str], inverse: ModificationPerimetre) -> None:
    """A whole bassin that comes back is one of the starting bassins again; one that leaves no longer is."""
    touches = Bassin.objects.filter(communes__in=[*inverse.ajoutees, *inverse.retirees]).distinct()
    for bassin in touches.prefetch_related("communes"):
        siennes = {commune.pk for commune in bassin.communes.all()}
        if not siennes & avant:
            pole.bassins.add(bassin)
        elif not pole.communes.filter(bassin=bassin).exists():
            pole.bassins.remove(bassin)


@transaction.atomic
def creer_pole(
    nom: str, bassins: Collection[Bassin], par: "Utilisateur", departement: Departement | None = None
) -> Pole:
    """A new pôle over the communes of these bassins (those of the département only, when one is given)."""
    pole = Pole.objects.create(nom=nom, departement=departement, slug=_slug_libre(nom))
    pole.bassins.set(bassins)
    communes = Commune.objects.filter(bassin__in=bassins)
    if departement is not None:
        communes = communes.filter(departement=departement)
    _appliquer(pole, set(communes.values_list("code", flat=True)), set(), par, "Création du pôle")
    return pole


def _slug_libre(nom: str) -> str:
    racine = slugify(nom)[:110] or "pole"
    rangs = (racine if rang == 1 else f"{racine}-{rang}" for rang in range(1, 1000))
    pris = set(Pole.objects.filter(slug__startswith=racine).values_list("slug", flat=True))
    return next(slug for slug in rangs if slug not in pris)


def _verrouiller(pole: Pole) -> Pole:
    """One change of a pôle at a time."""
    return Pole.objects.select_for_update().get(pk=pole.pk)


def _appliquer(
    pole: Pole, ajoutees: set[str], retirees: set[str], par: "Utilisateur", motif: str
) -> ModificationPerimetre | None:
    if not ajoutees and not retirees:
        return None
    pole.communes.remove(*Commune.objects.filter(code__in=retirees))
    pole.communes.add(*Commune.objects.filter(code__in=ajoutees))
    if not pole.communes.exists():
        raise ErreurPerimetre("Un pôle garde au moins une commune.")
    return ModificationPerimetre.objects.create(
        pole=pole, ajoutees=sorted(ajoutees), retirees=sorted(retirees), par=par, motif=motif[:250]
    )
