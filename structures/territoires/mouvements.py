"""A commune moves to another bassin, from a date on, for a reason.

The decision outlives the reloads of the composition (default grouping, official zones): they keep
it and say where they disagree. A coming move waits for its day; the periodic task that applies it
may run twice, or die halfway, without harm.
"""

from datetime import date
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from structures.territoires import chargement
from structures.territoires.contours import PAS_CARTE, depuis_geojson
from structures.territoires.models import Bassin, Commune, MouvementCommune

if TYPE_CHECKING:
    from structures.comptes.models import Utilisateur


class MouvementRefuse(Exception):
    """The move can't be decided, applied or cancelled; the message is for the person who asks."""


def rattacher(
    commune: Commune, bassin: Bassin, le: date, motif: str, par: "Utilisateur | None" = None
) -> MouvementCommune:
    """Decide that `commune` belongs to `bassin` from `le` on; applied at once when the day has come.

    A day already past is accepted (an official date), unless a later move was applied. Raises
    MouvementRefuse.
    """
    motif = motif.strip()
    if not motif:
        raise MouvementRefuse("Dites pourquoi la commune change de bassin : le motif reste dans l’historique.")
    try:
        with transaction.atomic():
            _verrouiller()
            commune = Commune.objects.get(pk=commune.pk)
            _verifier(commune, bassin, le)
            mouvement = MouvementCommune.objects.create(
                commune=commune, de_id=commune.bassin_id, vers=bassin, le=le, motif=motif, par=par
            )
            if le <= timezone.localdate():
                _appliquer(mouvement)
    except IntegrityError as erreur:
        raise MouvementRefuse("Un mouvement de cette commune est déjà décidé pour ce jour.") from erreur
    mouvement.refresh_from_db()
    return mouvement


def _verifier(commune: Commune, bassin: Bassin, le: date) -> None:
    if not Bassin.objects.actifs().filter(pk=bassin.pk).exists():
        raise MouvementRefuse(f"Le bassin {bassin.nom} n’est plus en vigueur.")
    siens = MouvementCommune.objects.filter(commune=commune, annule_le__isnull=True)
    dernier = siens.appliques().order_by("-le", "-pk").first()
    if dernier is not None and le < dernier.le:
        raise MouvementRefuse(
            f"Un mouvement plus récent est déjà appliqué (au {dernier.le:%d/%m/%Y}) : choisissez une date postérieure."
        )
    if siens.filter(le=le).exists():
        raise MouvementRefuse("Un mouvement de cette commune est déjà décidé pour ce jour.")
    avant = siens.a_venir().filter(le__lt=le).order_by("-le").first()
    alors = avant.vers_id if avant is not None else commune.bassin_id
    if alors == bassin.pk:
        raise MouvementRefuse(f"{commune.nom} est déjà dans le bassin {bassin.nom} à cette date.")
    # Those whose own departure is decided don't count: two coming moves would empty it together.
    partent = MouvementCommune.objects.a_venir().exclude(vers=commune.bassin_id).values("commune")
    restent = Commune.objects.du_bassin(commune.bassin_id or "").exclude(pk=commune.pk).exclude(pk__in=partent)
    if commune.bassin_id and not restent.exists():
        raise MouvementRefuse(f"{commune.nom} est la dernière commune de son bassin : il n’existerait plus.")


def annuler(mouvement: MouvementCommune, par: "Utilisateur | None" = None) -> None:
    """Cancel a coming move; it stays in the history. Raises MouvementRefuse when it is too late."""
    faits = MouvementCommune.objects.a_venir().filter(pk=mouvement.pk)
    if not faits.update(annule_le=timezone.now(), annule_par=par):
        raise MouvementRefuse("Ce mouvement est déjà appliqué ou annulé : décidez un nouveau mouvement pour revenir.")


def appliquer_echus(jour: date | None = None) -> int:
    """Apply the moves whose day has come (today unless said), oldest first; how many moved a commune."""
    echus = MouvementCommune.objects.a_venir().filter(le__lte=jour or timezone.localdate()).order_by("le", "pk")
    appliques = 0
    for mouvement in list(echus.select_related("vers")):
        with transaction.atomic():
            _verrouiller()
            appliques += _appliquer(mouvement)
    return appliques


@transaction.atomic
def effacer() -> None:
    """Undo and forget every decision: communes go back where the first one found them (demonstration only)."""
    _verrouiller()
    appliques = MouvementCommune.objects.appliques().order_by("-le", "-pk").values_list("commune_id", "de_id")
    origines = dict(appliques)
    MouvementCommune.objects.all().delete()
    for commune, bassin in origines.items():
        Commune.objects.filter(pk=commune).update(bassin_id=bassin)
    if origines:
        Bassin.objects.filter(pk__in=origines.values()).update(actif=True)
        chargement.recalculer_contours_bassins()


def _verrouiller() -> None:
    """One move at a time: outlines are computed from all communes (SQLite's transactions do it already)."""
    list(Bassin.objects.select_for_update().order_by("pk").values_list("pk"))


def _appliquer(mouvement: MouvementCommune) -> bool:
    """Claim the move, move the commune and redraw, in the caller's transaction; False when already done."""
    restants = MouvementCommune.objects.a_venir().filter(pk=mouvement.pk)
    if not Bassin.objects.actifs().filter(pk=mouvement.vers_id).exists():
        # The bassin was retired since: a cancellation that nobody signed.
        restants.update(annule_le=timezone.now())
        return False
    origine = Commune.objects.values_list("bassin_id", flat=True).get(pk=mouvement.commune_id)
    if not restants.update(applique_le=timezone.now(), de_id=origine):
        return False
    Commune.objects.filter(pk=mouvement.commune_id).update(bassin_id=mouvement.vers_id)
    # Measured at 0.15 s for 24 bassins: all of them, so that shared borders stay matched.
    chargement.recalculer_contours_bassins()
    return True


def bassins_voisins(commune: Commune) -> list[Bassin]:
    """Bassins in force that touch the commune, its own left out, by name (empty without outline)."""
    if commune.contour is None:
        return []
    trace = depuis_geojson(commune.contour)
    # Bassins are drawn on a coarser grid than communes: a border may be ten metres off.
    autres = Bassin.objects.actifs().exclude(pk=commune.bassin_id).par_nom().select_related("trace")
    return [b for b in autres if b.contour and depuis_geojson(b.contour).distance(trace) <= 2 * PAS_CARTE]
