"""Once a week, to whoever wants it: the offers that newly answer one's needs, the needs newly within one's reach.

Both sides are told of the same match, before anybody acts. The row of the week and the e-mail are written in
one transaction: two schedulers, or a worker that dies, never tell the same thing twice.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from offres.models import Besoin, Offre, Rapprochement, ResumeNouveautes
from offres.rapprochement import distance_en_mots
from offres.relances import chacune
from socle.templatetags.typographie import pluriel
from structures.comptes.models import Utilisateur
from structures.comptes.notifications import notifier
from structures.models import Adhesion

GENRE = "offres-nouveautes"
LOT = 300
# Lines of one person that are looked at, and lines of one e-mail.
LIGNES_MAX = 30


@dataclass(frozen=True)
class Nouveaute:
    """One of my lines, and who newly meets it."""

    libelle: str
    phrase: str
    lien: str


def ecrire_les_nouveautes(jour: date | None = None) -> int:
    """The summaries of this week that are still to be written, a lot of them; how many e-mails left."""
    aujourdhui = jour or timezone.localdate()
    lundi = aujourdhui - timedelta(days=aujourdhui.weekday())
    dirigees: dict[int, set[int]] = defaultdict(set)
    deja = ResumeNouveautes.objects.filter(semaine=lundi).values("personne")
    adhesions = (
        Adhesion.objects.directions()
        # Where everything is a demonstration, its mailbox shows them; elsewhere nobody reads its addresses.
        .filter(utilisateur__is_active=True, **({} if settings.PCTI_DEMO else {"structure__fictive": False}))
        .filter(Q(structure__besoins__publiee=True) | Q(structure__offres__publiee=True))
        .exclude(utilisateur__in=deja)
    )
    for personne, structure in adhesions.order_by("utilisateur").values_list("utilisateur", "structure"):
        dirigees[personne].add(structure)
    # One that fails keeps nobody else from theirs.
    return chacune(list(dirigees)[:LOT], lambda pk: _resumer(pk, dirigees[pk], lundi))


def _resumer(numero: int, structures: set[int], lundi: date) -> int:
    personne = Utilisateur.objects.get(pk=numero)
    precedent = ResumeNouveautes.objects.filter(personne=personne).order_by("-semaine").first()
    maintenant = timezone.now()
    depuis = precedent.jusqu_a if precedent is not None else maintenant - timedelta(days=7)
    nouveautes = nouveautes_de(structures, depuis)
    try:
        with transaction.atomic():
            ResumeNouveautes.objects.create(
                personne=personne, semaine=lundi, jusqu_a=maintenant, lignes=len(nouveautes)
            )
            courriel = nouveautes and notifier(
                personne,
                GENRE,
                "offres_nouveautes",
                {
                    "nouveautes": nouveautes,
                    "nombre": len(nouveautes),
                    "lien": settings.PCTI_URL + reverse("offres:rapprochements"),
                },
                objet=f"offres.nouveautes:{personne.pk}:{lundi}",
            )
    except IntegrityError:
        return 0  # Another scheduler wrote it meanwhile.
    return 1 if courriel else 0


def nouveautes_de(structures: set[int], depuis: datetime) -> list[Nouveaute]:
    """What was published since, that meets the lines of these structures and that nobody has acted on."""
    return [*_pour_les_besoins(structures, depuis), *_pour_les_offres(structures, depuis)][:LIGNES_MAX]


def _pour_les_besoins(structures: set[int], depuis: datetime) -> list[Nouveaute]:
    besoins: Any = Besoin.objects.publiees().filter(structure__in=structures).avec_volume_manquant().a_trouver()
    lignes = []
    for besoin in besoins.pour_affichage().order_by("-pk")[:LIGNES_MAX]:
        candidates: Any = Offre.objects.candidates_pour(besoin).filter(publiee_le__gt=depuis)
        connues = Rapprochement.objects.filter(besoin=besoin).values("offre")
        offres = list(candidates.exclude(pk__in=connues).select_related("structure").order_by("distance_km", "pk"))
        if offres:
            proche = offres[0]
            lignes.append(
                Nouveaute(
                    f"{besoin.libelle} ({besoin.structure.nom})",
                    _phrase(
                        len(offres), "offre nouvelle,offres nouvelles", proche.structure.nom,
                        distance_en_mots(besoin, proche, proche.distance_km),
                    ),
                    settings.PCTI_URL + besoin.get_absolute_url(),
                )
            )  # fmt: skip
    return lignes


def _pour_les_offres(structures: set[int], depuis: datetime) -> list[Nouveaute]:
    offres = (
        Offre.objects.publiees().filter(structure__in=structures).select_related("structure__commune__departement")
    )
    lignes = []
    for offre in offres.select_related("service").order_by("-pk")[:LIGNES_MAX]:
        repondables: Any = Besoin.objects.repondables_par(offre).filter(publiee_le__gt=depuis)
        connus = Rapprochement.objects.filter(offre=offre).values("besoin")
        a_trouver = repondables.exclude(pk__in=connus).a_trouver().select_related("structure")
        besoins = list(a_trouver.order_by("distance_km", "pk"))
        if besoins:
            proche = besoins[0]
            lignes.append(
                Nouveaute(
                    f"{offre.libelle} ({offre.structure.nom})",
                    _phrase(
                        len(besoins), "besoin nouveau,besoins nouveaux", proche.structure.nom,
                        distance_en_mots(proche, offre, proche.distance_km),
                    ),
                    settings.PCTI_URL + reverse("offres:rapprochements_de_l_offre", args=[offre.pk]),
                )
            )  # fmt: skip
    return lignes


def _phrase(nombre: int, mots: str, qui: str, ou: str) -> str:
    """« 2 offres nouvelles, la plus proche : ESAT du Bocage, à 14 km »."""
    if nombre == 1:
        return f"{pluriel(1, mots)}\u00a0: {qui}, {ou}"
    proche = "la plus proche" if mots.startswith("offre") else "le plus proche"
    return f"{pluriel(nombre, mots)}, {proche}\u00a0: {qui}, {ou}"
