"""Who can answer a need, why, and what is missing: a rule one can read, computed and never stored.

Hard: same service, the offer reaches the commune of the structure in need, publics compatible
(either side states none, or they share one), the offer is not over. The rest is said, and sorts:
the volume covered, then another type of structure (partners complete each other), then distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from offres.models import Besoin, Offre
from offres.unites import mots, volume_en_mots
from socle.templatetags.typographie import jour, nombre


@dataclass(frozen=True)
class Candidat:
    """An offer that may answer a need."""

    offre: Offre
    distance_km: float
    raisons: list[str]
    manques: list[str]
    # How much of the need it covers; None when one of the two volumes is not known.
    volume_couvert: int | None


@dataclass(frozen=True)
class Bilan:
    """What the candidates cover together."""

    phrase: str
    demande: int | None
    couvert: int
    suffisant: bool


def candidats(besoin: Besoin) -> list[Candidat]:
    """The offers that answer a need, best first. Constant number of queries."""
    offres = Offre.objects.candidates_pour(besoin).pour_affichage()
    demandes = {public.pk: public.libelle for public in besoin.publics.all()}
    trouves = [_evaluer(besoin, offre, demandes) for offre in offres]
    return sorted(
        trouves,
        key=lambda c: (
            -(c.volume_couvert or 0),
            c.offre.structure.type == besoin.structure.type,
            c.distance_km,
            c.offre.pk,
        ),
    )


def _evaluer(besoin: Besoin, offre: Offre, demandes: dict[int, str]) -> Candidat:
    distance = float(getattr(offre, "distance_km"))  # noqa: B009  (annotated by couvrant())
    raisons = [f"couvre {besoin.structure.commune.nom}"]
    manques: list[str] = []
    couvert = _volumes(besoin, offre, raisons, manques)
    raisons.append(_distance_en_mots(besoin, offre, distance))
    _publics(offre, demandes, raisons, manques)
    _dates(besoin, offre, manques)
    return Candidat(offre, distance, raisons, manques, couvert)


def _distance_en_mots(besoin: Besoin, offre: Offre, distance: float) -> str:
    if offre.structure.commune_id == besoin.structure.commune_id:
        return "dans la même commune"
    return "à moins d’un kilomètre" if distance < 1 else f"à {nombre(round(distance))}\u00a0km"


def _volumes(besoin: Besoin, offre: Offre, raisons: list[str], manques: list[str]) -> int | None:
    if offre.volume is None:
        manques.append("l’offre ne dit pas son volume")
        return None
    if besoin.volume is None:
        raisons.append(volume_en_mots(offre.volume, offre.unite))
        return None
    if offre.unite != besoin.unite:
        raisons.append(
            f"{volume_en_mots(offre.volume, offre.unite)}, pour {volume_en_mots(besoin.volume, besoin.unite)}"
        )
        return None
    couvert = min(offre.volume, besoin.volume)
    unites = mots(besoin.unite, besoin.volume)
    if couvert == besoin.volume:
        raisons.append(
            f"les {nombre(couvert)}\u00a0{unites} par an" if couvert > 1 else volume_en_mots(couvert, besoin.unite)
        )
        return couvert
    raisons.append(f"{nombre(couvert)} sur les {nombre(besoin.volume)}\u00a0{unites} par an")
    manques.append(f"il manque {volume_en_mots(besoin.volume - couvert, besoin.unite)}")
    return couvert


def _publics(offre: Offre, demandes: dict[int, str], raisons: list[str], manques: list[str]) -> None:
    offerts = {public.pk for public in offre.publics.all()}
    if not demandes or not offerts:
        return
    communs = [libelle for pk, libelle in demandes.items() if pk in offerts]
    absents = [libelle for pk, libelle in demandes.items() if pk not in offerts]
    raisons.append(("publics communs" if len(communs) > 1 else "public commun") + f"\u00a0: {', '.join(communs)}")
    if absents:
        manques.append(f"ne cite pas\u00a0: {', '.join(absents)}")


def _dates(besoin: Besoin, offre: Offre, manques: list[str]) -> None:
    if besoin.fin and offre.debut and offre.debut > besoin.fin:
        manques.append(f"ne commence que le {jour(offre.debut)}, après la fin du besoin")
    elif offre.debut and offre.debut > timezone.localdate():
        manques.append(f"disponible à partir du {jour(offre.debut)}")
    if besoin.debut and offre.fin and offre.fin < besoin.debut:
        manques.append(f"s’arrête le {jour(offre.fin)}, avant le début du besoin")
    elif offre.fin and (besoin.fin is None or offre.fin < besoin.fin):
        manques.append(f"s’arrête le {jour(offre.fin)}")


def bilan(besoin: Besoin, trouves: Sequence[Candidat]) -> Bilan:
    """What the candidates cover together, in one sentence."""
    couvert = sum(c.offre.volume or 0 for c in trouves if c.offre.unite == besoin.unite)
    if not trouves:
        return Bilan("Aucune offre ne répond à ce besoin pour le moment.", besoin.volume, 0, False)
    if besoin.volume is None:
        return Bilan(
            "Le besoin ne dit pas son volume\u00a0: les offres sont triées par distance.", None, couvert, False
        )
    combien = volume_en_mots(besoin.volume, besoin.unite)
    if couvert >= besoin.volume:
        debut = "Cette offre couvre" if len(trouves) == 1 else f"À elles {len(trouves)}, ces offres couvrent"
        return Bilan(f"{debut} tout le besoin\u00a0: {combien}.", besoin.volume, besoin.volume, True)
    reste = volume_en_mots(besoin.volume - couvert, besoin.unite)
    return Bilan(
        f"Besoin de {combien}, offres à {nombre(couvert)}\u00a0: il manque {reste}.", besoin.volume, couvert, False
    )
