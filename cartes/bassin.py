"""What the page of a bassin shows: the list, its filters, and what its map needs to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Sum
from django.http import QueryDict
from django.templatetags.static import static
from django.urls import reverse

from cartes import autour as lieu_cherche
from cartes import sources
from cartes.autour import RAYONS, Autour, bassin_du_lieu, dehors, mesurer
from cartes.demande import demandee
from cartes.facettes import facettes, listes
from cartes.filtres import Choix, regle_des_mots
from cartes.liens import cooperations, montrer
from cartes.lignes import Ligne, lignes_de, trier_par_distance
from cartes.region import adresse_a_integrer, reglages, voisins
from socle.droits import peut
from socle.templatetags.typographie import pluriel
from structures.annuaire.demande import TEXTE_MAX
from structures.comptes.models import Utilisateur
from structures.models import Structure
from structures.referentiel import FAMILLES
from structures.territoires.models import Bassin, Commune

Personne = Utilisateur | AnonymousUser
SORTIES = (
    ("pdf", "Feuille à imprimer (PDF)"), ("png", "Image (PNG)"), ("svg", "Dessin (SVG)"),
    ("csv", "Tableau des structures (CSV)"), ("geojson", "Données de la carte (GeoJSON)"),
)  # fmt: skip


@dataclass(frozen=True)
class Liste:
    """The lines in their order, those that show, and what was understood of the place asked for."""

    lignes: Sequence[Ligne]
    du_bassin: Sequence[Ligne]
    affichees: int
    dehors: int
    tronquee: bool


def liste_de(bassin: Bassin, choix: Choix, autour: Autour | None, *, partenaire: bool) -> Liste:
    """Every open structure of the bassin; with a place, also those of the bassins around within the radius."""
    siennes = lignes_de(Structure.objects.ouvertes().du_bassin(bassin.code), partenaire=partenaire)
    toutes, tronquee = siennes, False
    if autour is not None and autour.lieu is not None:
        mesurer(siennes, autour.lieu)
        autres, tronquee = dehors(autour, bassin, partenaire=partenaire)
        toutes = trier_par_distance([*siennes, *autres])
    metres = autour.rayon_km * 1000 if autour is not None else 0
    for ligne in toutes:
        ligne.montree = choix.garde(ligne) and (ligne.distance_m is None or ligne.distance_m <= metres)
    montrees = [ligne for ligne in toutes if ligne.montree]
    return Liste(toutes, siennes, len(montrees), sum(ligne.dehors for ligne in montrees), tronquee)


def contexte(bassin: Bassin, parametres: QueryDict, personne: Personne) -> dict[str, Any]:
    """Context of `cartes/bassin.html`. The number of queries does not depend on the number of structures."""
    partenaire = peut(personne, "offres.consulter")
    choix = Choix.lire(parametres, partenaire=partenaire)
    autour = lieu_cherche.lire(parametres)
    liste = liste_de(bassin, choix, autour, partenaire=partenaire)
    communes = Commune.objects.du_bassin(bassin.code)
    # An old link may name a commune that has merged since.
    code_cherche = parametres.get("commune", "")
    cherchee = communes.resoudre(code_cherche) if code_cherche else None
    liens = partenaire and parametres.get("liens") == "oui"
    choisies = listes(liste.du_bassin, choix, partenaire=partenaire)
    vues = montrer(
        cooperations(personne, bassin=bassin.code) if liens else [],
        connues={ligne.structure.pk for ligne in liste.lignes},
        montrees={ligne.structure.pk for ligne in liste.lignes if ligne.montree},
    )
    return {
        "bassin": bassin,
        "lignes": liste.lignes,
        "total": len(liste.du_bassin),
        "affichees": liste.affichees,
        "compte": dire_le_compte(liste.affichees, liste.dehors, len(liste.du_bassin)),
        "choix": choix,
        "facettes": facettes(liste.du_bassin, choix),
        "listes": choisies,
        "service": next((v.slug for une in choisies if une.service for v in une.valeurs if v.choisie), ""),
        "repondent": sum(ligne.repondu for ligne in liste.du_bassin),
        "autour": autour,
        "rayons": RAYONS,
        "tronquee": liste.tronquee,
        "ailleurs": _ailleurs(bassin, autour),
        "sans_autour": _sans(parametres, "autour", "vue"),
        "partenaire": partenaire,
        "liens": liens,
        "vues": vues,
        "caches": sum(vue.cachee for vue in vues),
        "demandee": demandee(parametres.get("structure", ""), liste.lignes),
        "fermer_apercu": _sans(parametres, "structure", "zone"),
        "voisins": voisins(bassin),
        # The filters stay when somebody goes to the next bassin, not what belongs to this one.
        "garder": _sans(parametres, "commune", "structure", "vue", "zone"),
        "regroupe": bassin.origine == Bassin.Origine.EPCI,
        "fictives": any(ligne.fictives for ligne in liste.lignes),
        "etendue": communes.aggregate(communes=Count("pk"), habitants=Sum("population")),
        "fil": [("Bassins d’emploi", reverse("cartes:region"))],
        "cherchee": cherchee,
        "carte": _carte(bassin, cherchee, autour),
        **_a_emporter(bassin, parametres),
    }


def _a_emporter(bassin: Bassin, parametres: QueryDict) -> dict[str, object]:
    """What leaves the page: files, and the code of a frame."""
    return {
        "base": reverse("cartes:bassin_sortie", args=[bassin.code, "x"])[:-1],
        "formats": SORTIES,
        "avec_vue": True,
        "requete": _sans(parametres, "commune", "structure", "vue"),
        "integrer": _a_integrer(bassin, parametres),
    }


def dire_le_compte(affichees: int, dehors: int, total: int) -> str:
    """« 12 structures affichées, dont 3 d’autres bassins »; as `static/cartes/liste.js` says it."""
    debut = pluriel(affichees, "structure affichée,structures affichées")
    if dehors == affichees == 1:
        return f"{debut}, d’un autre bassin"
    if dehors and dehors == affichees:
        return f"{debut}, toutes d’autres bassins"
    if dehors:
        return f"{debut}, dont {dehors} d’{'un autre bassin' if dehors == 1 else 'autres bassins'}"
    return debut if affichees == total else f"{debut} sur {total}"


def _ailleurs(bassin: Bassin, autour: Autour | None) -> Bassin | None:
    """The bassin of the place asked for, when it is another one: one click away."""
    trouve = bassin_du_lieu(autour.lieu) if autour else None
    return trouve if trouve is not None and trouve.pk != bassin.pk else None


def _sans(parametres: QueryDict, *cles: str) -> str:
    """The address without some of its parameters (« q=esat&rayon=20 », or nothing).

    Written in many links of the page: nothing longer than what a field takes.
    """
    suite = QueryDict(mutable=True)
    for cle, valeurs in parametres.lists():
        if cle not in cles and len(cle) <= TEXTE_MAX:
            suite.setlist(cle, [valeur[:TEXTE_MAX] for valeur in valeurs])
    return suite.urlencode()


# What a frame reads of the address: the rest is for partners, or for the map that moves.
PUBLICS = ("famille", "type", "public", "q", "autour", "rayon")


def parametres_publics(parametres: QueryDict) -> str:
    """The part of an address that means something in a frame."""
    return _sans(parametres, *(cle for cle in parametres if cle not in PUBLICS))


def _a_integrer(bassin: Bassin, parametres: QueryDict) -> str:
    adresse = adresse_a_integrer(reverse("cartes:integrer_bassin", args=[bassin.code]))
    suite = parametres_publics(parametres)
    return f"{adresse}?{suite}" if adresse and suite else adresse


def _carte(bassin: Bassin, cherchee: Commune | None, autour: Autour | None) -> dict[str, object]:
    communes = Commune.objects.du_bassin(bassin.code).exclude(pk=cherchee.pk if cherchee else "")
    lieu = autour.lieu if autour else None
    return reglages(
        lieux=communes.lieux(40),
        bassin=bassin.code,
        cadre=bassin.cadre,
        symboles={slug: static(f"cartes/symboles/{slug}.svg") for slug in FAMILLES},
        familles={slug: famille.libelle for slug, famille in FAMILLES.items()},
        cherchee=None if cherchee is None else {"nom": cherchee.nom, "lat": cherchee.lat, "lon": cherchee.lon},
        structures=reverse("cartes:structures_du_bassin_geojson", args=[bassin.code]),
        communes=sources.adresse_du_fond(bassin.code),
        mots=regle_des_mots(),
        autour=None if lieu is None or autour is None else cercle(autour),
        autour_url=reverse("cartes:autour", args=[bassin.code]),
        liens_url=reverse("cartes:liens", args=[bassin.code]),
        zone_url=reverse("cartes:zone", args=[0]),
    )


def cercle(autour: Autour) -> dict[str, object] | None:
    """The place and the radius as the map draws them."""
    if autour.lieu is None:
        return None
    return {"nom": autour.lieu.libelle, "lat": autour.lieu.lat, "lon": autour.lieu.lon, "km": autour.rayon_km}


def contexte_autour(bassin: Bassin, parametres: QueryDict, personne: Personne) -> dict[str, Any]:
    """Distances of the structures of the bassin, and the lines that the bassins around add."""
    partenaire = peut(personne, "offres.consulter")
    autour = lieu_cherche.lire(parametres)
    liste = liste_de(bassin, Choix(), autour, partenaire=partenaire)
    return {
        "autour": autour,
        "ailleurs": _ailleurs(bassin, autour),
        "sans_autour": _sans(parametres, "autour", "vue"),
        "tronquee": liste.tronquee,
        "bassin": bassin,
        "lignes": [ligne for ligne in liste.lignes if ligne.dehors],
        "distances": {ligne.structure.pk: [ligne.distance_m, ligne.km] for ligne in liste.du_bassin},
    }
