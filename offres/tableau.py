"""Service × bassin: what is offered, what is asked, the gap. Volumes of different units are never added.

A line counts in the bassin of its own structure, in the unit of its service. A line told in another
unit (the unit of the service changed since), or without a number, is counted apart and said. The gap
is what is still to be found, minus what is still free: what accepted matches tie together is on
neither side.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, Sum

from offres.exploration import HORS_BASSINS, HORS_DES_BASSINS
from offres.models import Service
from offres.unites import mots, volume_en_mots
from socle.templatetags.typographie import nombre, pluriel
from structures.territoires.models import Bassin

HORS_BASSIN = ""
SANS_VOLUME = Q(volume__isnull=True)


@dataclass
class Mesure:
    """Lines of one side in one place, for one service."""

    lignes: int = 0
    # In the unit of the service; `reste`: what accepted matches have not taken.
    volume: int = 0
    reste: int = 0
    sans_volume: int = 0
    autres: Counter[str] = field(default_factory=Counter)

    def ajouter(self, autre: "Mesure") -> None:
        self.lignes += autre.lignes
        self.volume += autre.volume
        self.reste += autre.reste
        self.sans_volume += autre.sans_volume
        self.autres.update(autre.autres)

    @property
    def compte(self) -> bool:
        """Whether at least one line says a number in the unit of the service."""
        return self.volume > 0

    @property
    def reserves(self) -> str:
        """What is not in the number: « dont 1 sans nombre ; à part : 3 sessions par an »."""
        dites = []
        if self.sans_volume:
            dites.append(f"dont {nombre(self.sans_volume)} sans nombre")
        if self.autres:
            dites.append("à part\u00a0: " + ", ".join(volume_en_mots(v, u) for u, v in sorted(self.autres.items())))
        return "\u00a0; ".join(dites)

    def reserves_de(self, formes: str) -> list[str]:
        """The same, where each must say what it counts (`formes`: « besoin,besoins »): « 1 besoin sans nombre »."""
        singulier, au_pluriel = formes.split(",")
        dites = []
        if self.sans_volume:
            dites.append(pluriel(self.sans_volume, f"{singulier} sans nombre,{au_pluriel} sans nombre"))
        if self.autres:
            a_part = ", ".join(volume_en_mots(v, u) for u, v in sorted(self.autres.items()))
            dites.append(f"{au_pluriel} à part\u00a0: {a_part}")
        return dites


@dataclass
class Cellule:
    """One service in one place."""

    unite: str
    # « Autre service »: the lines name different services, their volumes don't compare.
    comparable: bool = True
    offert: Mesure = field(default_factory=Mesure)
    demande: Mesure = field(default_factory=Mesure)

    def ajouter(self, autre: "Cellule") -> None:
        self.offert.ajouter(autre.offert)
        self.demande.ajouter(autre.demande)

    @property
    def vide(self) -> bool:
        return not (self.offert.lignes or self.demande.lignes)

    @property
    def ecart(self) -> int | None:
        """Still asked minus still free, in the unit of the service (positive: missing); None: nothing to compare."""
        if not self.comparable or not self.demande.compte:
            return None
        return self.demande.reste - self.offert.reste

    @property
    def ecart_en_mots(self) -> str:
        ecart = self.ecart
        if ecart is None:
            return "Rien à comparer" if self.demande.lignes else "Rien de demandé"
        if ecart > 0:
            return f"Il manque {nombre(ecart)}\u00a0{mots(self.unite, ecart)}"
        return "Juste assez" if ecart == 0 else f"{nombre(-ecart)}\u00a0{mots(self.unite, -ecart)} de plus"

    @property
    def ton(self) -> str:
        ecart = self.ecart
        return "neutre" if ecart is None else "alerte" if ecart > 0 else "succes"


@dataclass(frozen=True)
class Rangee:
    """A line of the table: its words, its cell, and the filter that opens its lists."""

    libelle: str
    cellule: Cellule
    filtre: dict[str, str]


Cellules = dict[tuple[int, str], Cellule]


def cellules(offres: Any, besoins: Any, services: Iterable[Service]) -> Cellules:
    """(service, bassin code or "") → cell, of these offers and needs. Two queries, whatever their number."""
    par_service = {service.pk: service for service in services}
    trouvees: Cellules = {}
    cotes: tuple[tuple[str, Any, str], ...] = (
        ("offert", offres.avec_volume_restant(), "volume_restant"),
        ("demande", besoins.avec_volume_manquant(), "volume_manquant"),
    )
    for cote, lignes, champ in cotes:
        comptees = (
            lignes.order_by()
            .values_list("service_id", "structure__commune__bassin_id", "unite")
            .annotate(n=Count("pk"), total=Sum("volume"), reste=Sum(champ), sans=Count("pk", filter=SANS_VOLUME))
        )
        for pk, bassin, unite, n, total, reste, sans in comptees:
            service = par_service.get(pk)
            if service is None:
                continue
            cle = (pk, bassin or HORS_BASSIN)
            cellule = trouvees.setdefault(cle, Cellule(service.unite_volume, not service.hors_liste))
            mesure = Mesure(n, sans_volume=sans)
            if unite in ("", service.unite_volume):
                mesure.volume, mesure.reste = total or 0, reste or 0
            elif total:
                mesure.autres[unite] = total
            getattr(cellule, cote).ajouter(mesure)
    return trouvees


def par_service(trouvees: Cellules, services: Sequence[Service]) -> list[Rangee]:
    """One line per service, all places together."""
    rangees = []
    for service in services:
        somme = Cellule(service.unite_volume, not service.hors_liste)
        for (pk, _), cellule in trouvees.items():
            if pk == service.pk:
                somme.ajouter(cellule)
        rangees.append(Rangee(service.libelle, somme, {"service": service.slug}))
    return rangees


def par_bassin(trouvees: Cellules, service: Service, bassins: Sequence[Bassin]) -> list[Rangee]:
    """One line per bassin, for one service."""
    vide = Cellule(service.unite_volume, not service.hors_liste)
    rangees = [
        Rangee(bassin.nom, trouvees.get((service.pk, bassin.pk), vide), {"service": service.slug, "bassin": bassin.pk})
        for bassin in bassins
    ]
    ailleurs = _ailleurs(trouvees, service, bassins)
    if not ailleurs.vide:
        rangees.append(Rangee(HORS_DES_BASSINS, ailleurs, {"service": service.slug, "bassin": HORS_BASSINS}))
    return rangees


def _ailleurs(trouvees: Cellules, service: Service, bassins: Sequence[Bassin]) -> Cellule:
    """What a service holds in none of these bassins."""
    connus = {bassin.pk for bassin in bassins}
    somme = Cellule(service.unite_volume, not service.hors_liste)
    for (pk, code), cellule in trouvees.items():
        if pk == service.pk and code not in connus:
            somme.ajouter(cellule)
    return somme


ENTETES = (
    "Service", "Unité", "Bassin d’emploi", "Offres", "Volume offert", "dont encore libre", "Offres sans nombre",
    "Besoins", "Volume demandé", "dont encore à trouver", "Besoins sans nombre",
    "Écart (encore à trouver moins encore libre)", "Compté à part",
)  # fmt: skip


def a_plat(trouvees: Cellules, services: Sequence[Service], bassins: Sequence[Bassin]) -> Iterable[list[Any]]:
    """The rows of the export: one per service and bassin where something is said."""
    noms = {bassin.pk: bassin.nom for bassin in bassins}
    for service in services:
        for (pk, code), cellule in sorted(trouvees.items(), key=lambda paire: noms.get(paire[0][1], "~")):
            if pk != service.pk:
                continue
            apart = [m.reserves for m in (Mesure(autres=cellule.offert.autres), Mesure(autres=cellule.demande.autres))]
            yield [
                service.libelle, service.unite_volume, noms.get(code, code or "Hors bassin"), cellule.offert.lignes,
                cellule.offert.volume, cellule.offert.reste, cellule.offert.sans_volume, cellule.demande.lignes,
                cellule.demande.volume, cellule.demande.reste, cellule.demande.sans_volume, cellule.ecart,
                "\u00a0; ".join(mot for mot in apart if mot),
            ]  # fmt: skip


@dataclass(frozen=True)
class Colonne:
    """A place of the whole table: a bassin, or all that is in none of them."""

    code: str
    nom: str


def croisees(
    trouvees: Cellules, services: Sequence[Service], bassins: Sequence[Bassin]
) -> tuple[list[Colonne], list[tuple[Service, list[tuple[Colonne, Cellule | None]]]]]:
    """The whole table: the places where something is said, then a row per service with one cell per place."""
    habites = {code for _, code in trouvees}
    colonnes = [Colonne(bassin.pk, bassin.nom) for bassin in bassins if bassin.pk in habites]
    if habites - {bassin.pk for bassin in bassins}:
        colonnes.append(Colonne(HORS_BASSINS, HORS_DES_BASSINS))
    nommes = {pk for pk, _ in trouvees}
    rangees = []
    for service in services:
        if service.pk in nommes:
            ailleurs = _ailleurs(trouvees, service, bassins)
            cases = {HORS_BASSINS: None if ailleurs.vide else ailleurs}
            rangees.append((service, [(c, cases.get(c.code) or trouvees.get((service.pk, c.code))) for c in colonnes]))
    return colonnes, rangees


def resume(rangees: Sequence[Rangee], mots_des_rangees: str) -> str:
    """The count in words of what the table shows; `mots_des_rangees` names its rows (« service,services »)."""
    offres = sum(rangee.cellule.offert.lignes for rangee in rangees)
    besoins = sum(rangee.cellule.demande.lignes for rangee in rangees)
    manquent = sum((rangee.cellule.ecart or 0) > 0 for rangee in rangees)
    phrase = f"{pluriel(offres, 'offre,offres')} et {pluriel(besoins, 'besoin,besoins')}"
    if manquent:
        phrase += f"\u00a0; il en manque pour {pluriel(manquent, mots_des_rangees)}"
    return phrase
