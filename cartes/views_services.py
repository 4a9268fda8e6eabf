"""Maps of the services: for partners who signed in."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cartes import envoi, planches, service, sources
from cartes.classes import Classe
from cartes.couvert import DEBORDE, Couvert
from cartes.dessin import trame_region
from cartes.region import cadre_des, reglages
from cartes.tour import FILE, chacun_son_tour, ou_patienter
from cartes.views_sorties import GENRES
from offres.models import Service
from socle.droits import exiger
from socle.tableaux import FORMATS, Format, ecrire_tableau, nom_de_fichier
from structures.territoires.geojson import collection
from structures.territoires.models import Commune

SORTIES = (
    ("png", "Image (PNG)"), ("svg", "Dessin (SVG)"), ("csv", "Tableau des bassins (CSV)"),
    ("geojson", "Données de la carte (GeoJSON)"),
)  # fmt: skip
DOMAINES = ("structures", "territoires", "offres")


@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """Every service, with how many offer it and need it; `?service=` leads to its map."""
    exiger(request.user, "offres.consulter")
    voulu = request.GET.get("service", "")
    if voulu and Service.objects.filter(slug=voulu).exists():
        return redirect("cartes:service", slug=voulu)
    contexte = {"entrees": service.services(), "fil": [("Bassins d’emploi", reverse("cartes:region"))]}
    return render(request, "cartes/services.html", contexte)


@require_safe
def carte(request: HttpRequest, slug: str) -> HttpResponse:
    """Who offers this service, who needs it, where nobody reaches."""
    exiger(request.user, "offres.consulter")
    objet = get_object_or_404(Service, slug=slug)
    faite = service.carte_du_service(objet, service.couches_voulues(request.GET))
    contexte = {
        "carte": faite,
        "reglages": _reglages(faite),
        "dessin": faite.dessin(),
        "base": reverse("cartes:service_sortie", args=[slug, "x"])[:-1],
        "formats": SORTIES,
        "requete": urlencode([("montrer", cle) for cle in request.GET.getlist("montrer")]),
        "services": Service.objects.actifs(),
        "fil": [("Bassins d’emploi", reverse("cartes:region")), ("Services", reverse("cartes:services"))],
    }
    return render(request, "cartes/service.html", contexte)


def _reglages(faite: service.CarteService) -> dict[str, object]:
    """What the map needs to know. The outlines of the communes only when some are out of reach."""
    hors = any(couche.cle == "hors" and couche.nombre for couche in faite.couches)
    return reglages(
        "loin",
        cadre=cadre_des(ligne.bassin for ligne in faite.lignes),
        lieux=Commune.objects.de_la_region().lieux(12),
        donnees=reverse("cartes:service_sortie", args=[faite.service.slug, "json"]),
        communes=sources.adresse_des_communes() if hors else "",
        symboles={genre: static(f"cartes/signes/{genre}.svg") for genre in service.GENRES_DE_POINTS},
        familles={genre: mot.lower() for genre, mot in service.GENRES_DE_POINTS.items()},
        zone_url=reverse("cartes:zone", args=[0]),
    )


@ou_patienter
@require_safe
def sortie(request: HttpRequest, slug: str, format: str) -> HttpResponseBase:
    """The map of a service taken away: `svg`, `png`, `geojson` (bassins and unreached communes), or a table."""
    exiger(request.user, "offres.consulter")
    objet = get_object_or_404(Service, slug=slug)
    if format in FORMATS:
        return _table(service.carte_du_service(objet), cast(Format, format))
    voulues = service.couches_voulues(request.GET)
    # What the map asks for itself holds no zone: it asks for that apart.
    couvert = None if format == "json" else Couvert.lire(request.GET, request.user)
    ecrire = {
        "svg": lambda: _planche(objet, voulues, couvert).encode(),
        "png": lambda: planches.en_png(_planche(objet, voulues, couvert)),
        "geojson": lambda: _geojson(service.carte_du_service(objet), couvert),
        "json": lambda: service.points_et_communes(service.carte_du_service(objet)),
    }
    if format not in ecrire:
        raise Http404("Ce format n’existe pas.")
    dessiner = ecrire[format]
    if format == "png":
        dessiner = chacun_son_tour(request, dessiner, sur_mesure=couvert is not None)
    # The images show the layers that the page shows; the tables and the points are about the whole service.
    couches = ",".join(sorted(voulues)) if format in ("png", "svg") else ""
    zone = couvert.offre.pk if couvert is not None else ""
    cle = f"service.{format} {slug} {couches} {zone} {timezone.localdate().isoformat()}"
    # What the page itself asks for is no file to be kept.
    nom = "" if format == "json" else nom_de_fichier(f"Carte du service {objet.libelle}", format)
    reponse = envoi.envoyer(
        request, cle, DOMAINES, dessiner, genre=GENRES[format], fichier=nom, commun=couvert is None,
        file=FILE if format == "png" else None,
    )  # fmt: skip
    reponse["Cache-Control"] = "private, no-cache"
    return reponse


def _planche(objet: Service, voulues: Collection[str], couvert: Couvert | None) -> str:
    faite = service.carte_du_service(objet, voulues)
    classes: list[Classe] = list(faite.classes)
    dessin = faite.dessin(liens=False, couvert=couvert)
    signes, phrases = ([], []) if couvert is None else (couvert.signes(), couvert.phrases())
    if couvert is not None and (trame := trame_region()) is not None and couvert.deborde(trame.projection):
        phrases.append(DEBORDE)
    return planches.planche_du_service(
        dessin, objet.libelle, classes, timezone.localtime(), faite.presentes, autres=signes, mots=" ".join(phrases),
    )  # fmt: skip


def _table(faite: service.CarteService, format: Format) -> HttpResponseBase:
    entetes = [
        "Code", "Bassin d’emploi", "Offres", "Besoins", "Écart", "Communes", "Communes hors d’atteinte",
        "Part des habitants hors d’atteinte (%)", "Noms de ces communes",
    ]  # fmt: skip
    lignes = (
        [
            ligne.bassin.code, ligne.bassin.nom, ligne.offres, ligne.besoins, ligne.cellule.ecart_en_mots,
            ligne.communes, len(ligne.absentes),
            None if ligne.part_des_habitants is None else round(ligne.part_des_habitants, 1),
            ", ".join(commune.nom for commune in ligne.absentes),
        ]
        for ligne in faite.lignes
    )  # fmt: skip
    return ecrire_tableau(lignes, entetes, format, titre=f"Carte du service {faite.service.libelle}")


def _geojson(faite: service.CarteService, couvert: Couvert | None) -> bytes:
    """Points of offers and needs; communes that nobody reaches, by their centre; the zone that the page shows."""
    lignes = [("offre", ligne) for ligne in faite.offres] + [("besoin", ligne) for ligne in faite.besoins]
    elements = [
        {
            "id": f"{genre}-{ligne.pk}",
            "geometry": _point(ligne.structure.lat, ligne.structure.lon),
            "properties": {
                "genre": genre,
                "structure": ligne.structure.nom,
                "commune": ligne.structure.commune.nom,
                "bassin": ligne.structure.commune.bassin_id,
                "volume": ligne.volume,
                "unite": ligne.unite,
            },
        }
        for genre, ligne in lignes
    ]
    elements += [
        {
            "id": commune.code,
            "geometry": _point(commune.lat, commune.lon),
            "properties": {"genre": "non atteinte", "commune": commune.nom, "bassin": commune.bassin_id},
        }
        for commune in faite.absentes
    ]
    return collection([*elements, *(couvert.objets() if couvert is not None else ())])


def _point(lat: float | None, lon: float | None) -> str | None:
    return None if lat is None or lon is None else f'{{"type":"Point","coordinates":[{lon:.5f},{lat:.5f}]}}'
