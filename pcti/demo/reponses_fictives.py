"""Fictive campaigns, answers, offers and needs of the two pôles."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from offres.models import Besoin, Campagne, Offre, Reponse, Service
from pcti.demo.suivi_fictif import raconter
from pcti.demo.textes import APPELLATIONS, CONDITIONS, LIEUX, PERIODICITES, PROPOSITIONS, RESSOURCES
from structures.comptes.models import Utilisateur
from structures.models import Public, Structure
from structures.territoires.models import Pole

GRAINE = 1789
PART_SOUMISE, PART_BROUILLON = 0.62, 0.14


@dataclass
class Lot:
    """Lines to write, with the many-to-many links that wait for their keys."""

    lignes: list[Any] = field(default_factory=list)
    publics: list[tuple[int, str]] = field(default_factory=list)
    bassins: list[tuple[int, str]] = field(default_factory=list)
    departements: list[tuple[int, str]] = field(default_factory=list)


class Repondeur:
    """Answers the questionnaires of one campaign, always in the same way."""

    def __init__(self, campagne: Campagne) -> None:
        self.campagne = campagne
        self.hasard = random.Random(f"{GRAINE}-{campagne.pole.slug}")  # noqa: S311
        self.services = list(Service.objects.order_by("ordre"))
        self.offres, self.besoins = Lot(), Lot()
        self.reponses: list[Reponse] = []

    def repondre(self, structure: Structure) -> None:
        tirage = self.hasard.random()
        ouverture = timezone.now() - timedelta(days=60)
        reponse = Reponse(campagne=self.campagne, structure=structure, etat="invitee", invitee_le=ouverture)
        self.reponses.append(reponse)
        if tirage < PART_SOUMISE:
            reponse.etat, reponse.etape, reponse.participation = "soumise", 5, "oui"
            reponse.soumise_le = reponse.modifie_le = self._date()
            reponse.commencee_le = reponse.soumise_le - timedelta(minutes=self.hasard.randint(9, 40))
            reponse.cooperations = {
                cle: self.hasard.choice(("oui", "non", "non", "ne-sait-pas"))
                for cle in ("reseau_emploi", "entreprise_adaptee", "emploi_accompagne")
            }
        elif tirage < PART_SOUMISE + PART_BROUILLON:
            reponse.etat, reponse.etape = "brouillon", 2
            reponse.commencee_le = reponse.modifie_le = self._date()
        else:
            # One in three has looked; no draw, so that the others stay as they were.
            rang = len(self.reponses)
            reponse.ouverte_le = ouverture + timedelta(days=1 + rang % 9) if rang % 3 == 0 else None
            return
        reponse.ouverte_le = reponse.commencee_le
        publiee = reponse.etat == "soumise"
        self._lignes(self.offres, Offre, reponse, "offreurs", self.hasard.choice((1, 2, 2, 3)), 0, publiee)
        self._lignes(self.besoins, Besoin, reponse, "demandeurs", self.hasard.choice((1, 1, 2)), 1, publiee)

    def _date(self) -> datetime:
        return timezone.now() - timedelta(days=self.hasard.randint(5, 55), hours=self.hasard.randint(0, 9))

    def _lignes(
        self, lot: Lot, modele: type[Offre] | type[Besoin], reponse: Reponse, cote: str, nombre: int, texte: int,
        publiee: bool,
    ) -> None:  # fmt: skip
        noms = {*APPELLATIONS.get(reponse.structure.type, ()), "Toutes"}
        possibles = [service for service in self.services if noms & set(getattr(service, cote))]
        for service in self.hasard.sample(possibles, min(nombre, len(possibles))):
            mini, maxi = PROPOSITIONS[service.slug][2]
            inconnu = self.hasard.random() < 0.07
            champs: dict[str, Any] = {
                "reponse": reponse,
                "structure": reponse.structure,
                "service": service,
                "description": PROPOSITIONS[service.slug][texte],
                "volume": None if inconnu else self.hasard.randint(mini, maxi),
                "volume_inconnu": inconnu,
                "publiee_le": reponse.soumise_le,
                "unite": service.unite_volume,
                "modalites": self.hasard.sample(["presentiel", "chez-le-partenaire"], self.hasard.choice((1, 2))),
                "publiee": publiee,
            }
            rang = len(lot.lignes)
            if modele is Offre:
                self._offre(lot, rang, champs, reponse.structure)
            else:
                champs |= {
                    "rayonnement": "bassins",
                    "priorite": self.hasard.choice(("haute", "moyenne", "moyenne", "basse")),
                    "moment_cle": self.hasard.choice(("avant", "pendant", "apres")),
                }
                lot.bassins.append((rang, reponse.structure.commune.bassin_id or ""))
            lot.lignes.append(modele(**champs))
            lot.publics += [(rang, p.slug) for p in reponse.structure.publics.all()]

    def _offre(self, lot: Lot, rang: int, champs: dict[str, Any], structure: Structure) -> None:
        profession, etp = self.hasard.choice(RESSOURCES)
        champs |= {
            "ressources": [{"profession": profession, "etp": etp}],
            "lieux": self.hasard.choice(LIEUX),
            "conditions": self.hasard.choice(CONDITIONS),
            "periodicite": self.hasard.choice(PERIODICITES),
            "rayonnement": self.hasard.choice(("bassins", "bassins", "rayon", "departements", "region")),
        }
        if champs["rayonnement"] == "rayon":
            champs["rayon_km"] = self.hasard.choice((15, 25, 40))
        elif champs["rayonnement"] == "bassins":
            lot.bassins.append((rang, structure.commune.bassin_id or ""))
        elif champs["rayonnement"] == "departements":
            lot.departements.append((rang, structure.commune.departement_id))

    def ecrire(self) -> None:
        Reponse.objects.bulk_create(self.reponses, batch_size=500)
        for modele, lot in ((Offre, self.offres), (Besoin, self.besoins)):
            _ecrire_lot(modele, lot)


def _ecrire_lot(modele: type[Offre] | type[Besoin], lot: Lot) -> None:
    lignes: list[Any] = modele.objects.bulk_create(lot.lignes, batch_size=500)
    cles = {public.slug: public.pk for public in Public.objects.all()}
    nom = modele.__name__.lower()
    for champ, liens in (
        ("publics", [(rang, cles[slug]) for rang, slug in lot.publics]),
        ("bassins", lot.bassins),
        ("departements", lot.departements),
    ):
        lien = getattr(modele, champ).through
        cible = next(f.attname for f in lien._meta.fields if f.is_relation and f.name != nom)
        lien.objects.bulk_create(
            [lien(**{f"{nom}_id": lignes[rang].pk, cible: cle}) for rang, cle in liens if cle], batch_size=500
        )


def creer_reponses(poles: dict[str, Pole], coordinations: dict[str, Utilisateur]) -> tuple[int, int, int]:
    """One campaign per pôle, its answers and its e-mails; how many answers, offers and needs."""
    totaux = [0, 0, 0]
    aujourdhui = timezone.localdate()
    for departement, pole in poles.items():
        campagne = Campagne.objects.create(
            pole=pole,
            nom=f"Collecte des offres et des besoins {aujourdhui.year}",
            debut=aujourdhui - timedelta(days=60),
            fin=aujourdhui + timedelta(days=30),
            demonstration=True,
        )
        repondeur = Repondeur(campagne)
        for structure in (
            Structure.objects.du_pole(pole).select_related("commune").prefetch_related("publics").order_by("pk")
        ):
            repondeur.repondre(structure)
        repondeur.ecrire()
        raconter(campagne, coordinations[departement])
        for rang, lot in enumerate((repondeur.reponses, repondeur.offres.lignes, repondeur.besoins.lignes)):
            totaux[rang] += len(lot)
    return totaux[0], totaux[1], totaux[2]
