"""The card of a structure: who it is, what it offers and needs, and what this person can do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from cartes.liens import cooperations, nommer
from cartes.zones import zone_de
from offres.models import Besoin, Offre, Rapprochement
from socle.droits import peut
from structures.comptes.models import Utilisateur
from structures.models import Adhesion, Structure
from structures.regles import adhesions_de

# Of one's own lines, against those of the card: each is asked whether it fits.
MIENNES_MAX = 12
Personne = Utilisateur | AnonymousUser


@dataclass(frozen=True)
class Geste:
    """A link of the card: propose, or see what is under way."""

    url: str
    texte: str
    precision: str = ""
    principal: bool = True


@dataclass
class Proposition:
    """An offer or a need of the card, with what this person can do."""

    ligne: Offre | Besoin
    dessinable: bool = False
    gestes: list[Geste] = field(default_factory=list)


def contexte(structure: Structure, personne: Personne) -> dict[str, object]:
    """What `cartes/_fiche.html` shows; a visitor learns nothing of offers and needs."""
    partenaire = peut(personne, "offres.consulter")
    valeurs: dict[str, object] = {
        "structure": structure,
        "publics": structure.publics.all(),
        "partenaire": partenaire,
    }
    if not partenaire:
        return valeurs
    offres = [Proposition(o, zone_de(o).complete) for o in _publiees(Offre, structure)]
    besoins = [Proposition(b) for b in _publiees(Besoin, structure)]
    dirigees = [pk for pk, role in adhesions_de(personne).items() if role == Adhesion.Role.DIRECTION]
    if dirigees and structure.pk not in dirigees:
        _proposer(structure, dirigees, offres, besoins)
    elif not dirigees:
        _rapprocher(personne, offres, besoins)
    proposable = any(p.gestes for p in [*offres, *besoins])
    valeurs |= {
        "offres": offres,
        "besoins": besoins,
        "cooperations": [
            (cooperation, ", ".join(nommer(autre) for autre in cooperation.structures if autre.pk != structure.pk))
            for cooperation in cooperations(personne, structure=structure)
        ],
        # Said only to who could, and can't here.
        "rien_a_proposer": bool(dirigees) and structure.pk not in dirigees and not proposable and (offres or besoins),
        "membre": bool(adhesions_de(personne)) and not dirigees,
    }
    return valeurs


def _publiees(modele: type[Any], structure: Structure) -> list[Any]:
    """The published lines, each with `reste`: what accepted cooperations leave of it."""
    lignes = modele.objects.publiees().filter(structure=structure).pour_affichage().order_by("service__ordre", "pk")
    offres = modele is Offre
    comptees = list(
        lignes.avec_volume_restant().avec_accords_hors_compte() if offres else lignes.avec_volume_manquant()
    )
    for ligne in comptees:
        ligne.reste = ligne.volume_restant if offres else ligne.volume_manquant
    return comptees


def _proposer(
    structure: Structure, dirigees: Sequence[int], offres: Sequence[Proposition], besoins: Sequence[Proposition]
) -> None:
    """For whoever directs a structure: the rule of matching, between their lines and those of the card."""
    for besoin in _miens(Besoin, dirigees, offres):
        justes = set(Offre.objects.candidates_pour(besoin).filter(structure=structure).values_list("pk", flat=True))
        for proposition in offres:
            if proposition.ligne.pk in justes:
                proposition.gestes.append(_geste(besoin, proposition.ligne, besoin))
    for offre in _miens(Offre, dirigees, besoins):
        justes = set(Besoin.objects.repondables_par(offre).filter(structure=structure).values_list("pk", flat=True))
        for proposition in besoins:
            if proposition.ligne.pk in justes:
                proposition.gestes.append(_geste(proposition.ligne, offre, offre))
    _remplacer_par_l_en_cours(structure, dirigees, offres, besoins)


def _miens(modele: type[Any], dirigees: Sequence[int], propositions: Iterable[Proposition]) -> list[Any]:
    services = {p.ligne.service_id for p in propositions}
    if not services:
        return []
    lignes = modele.objects.publiees().filter(structure__in=list(dirigees), service__in=services)
    return list(
        lignes.select_related("service", "structure__commune__departement")
        .prefetch_related("publics")
        .order_by("service__ordre", "pk")[:MIENNES_MAX]
    )


def _geste(besoin: Any, offre: Any, mienne: Any) -> Geste:
    return Geste(
        reverse("offres:proposer_cooperation", args=[besoin.pk, offre.pk]),
        "Proposer une coopération",
        f"pour {mienne.structure.nom}",
    )


def _remplacer_par_l_en_cours(
    structure: Structure, dirigees: Sequence[int], offres: Iterable[Proposition], besoins: Iterable[Proposition]
) -> None:
    """A couple has one open match at most: it is shown instead of being proposed again."""
    ouverts = list(
        Rapprochement.objects.ouverts()
        .select_related("besoin__structure", "offre__structure")
        .filter(besoin__structure__in=[structure.pk, *dirigees], offre__structure__in=[structure.pk, *dirigees])
    )
    for propositions, champ, autre in ((offres, "offre", "besoin"), (besoins, "besoin", "offre")):
        for proposition in propositions:
            siens = [r for r in ouverts if getattr(r, f"{champ}_id") == proposition.ligne.pk]
            deja = {reverse("offres:proposer_cooperation", args=[r.besoin_id, r.offre_id]) for r in siens}
            proposition.gestes = [g for g in proposition.gestes if g.url not in deja]
            proposition.gestes += [
                Geste(
                    r.get_absolute_url(),
                    "Voir la coopération",
                    f"avec {getattr(r, autre).structure.nom}, {r.get_etat_display().lower()}",
                    principal=False,
                )
                for r in siens
            ]


def _rapprocher(personne: Personne, offres: Sequence[Proposition], besoins: Sequence[Proposition]) -> None:
    """For the coordination and the pilotage: the way to the matches of a line (one right for all: one structure)."""
    if offres and peut(personne, "offres.voir_besoins_couverts", offres[0].ligne):
        for proposition in offres:
            adresse = reverse("offres:rapprochements_de_l_offre", args=[proposition.ligne.pk])
            proposition.gestes.append(Geste(adresse, "Qui en a besoin\u00a0?", principal=False))
    if besoins and peut(personne, "offres.voir_rapprochements", besoins[0].ligne):
        for proposition in besoins:
            adresse = reverse("offres:rapprochements_du_besoin", args=[proposition.ligne.pk])
            proposition.gestes.append(Geste(adresse, "Qui peut répondre\u00a0?", principal=False))
