"""What a person takes away: the région's or a bassin's map as an image, a sheet of paper, a table, GeoJSON.

The same filters as the page. A map of public data is written once for everybody; one that holds
offers, answers, sheets or agreements is for the person who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from cartes import autour as autour_de
from cartes import donnees, envoi, filtres, objets, planches
from cartes.bassin import liste_de
from cartes.calques import ECARTES, FICTIVES, RECOUVERTS, Calques
from cartes.classes import AUCUNE_DONNEE
from cartes.feuille import feuille_du_bassin
from cartes.region import Choix, TableauRegion, tableau_region
from cartes.tour import FILE, chacun_son_tour, ou_patienter
from cartes.views_donnees import refus
from cartes.views_region import choix_permis
from cartes.vue import Vue
from offres.models import Service
from offres.templatetags.offres_mots import de_nom
from socle.droits import peut
from socle.tableaux import FORMATS, Format, ecrire_tableau, nom_de_fichier
from socle.templatetags.typographie import pluriel
from structures.models import Public, Structure
from structures.referentiel import FAMILLES, TYPES
from structures.territoires.geojson import collection
from structures.territoires.models import Bassin, Contour

PDF = "application/pdf"
GENRES = {"svg": envoi.SVG, "png": planches.PNG, "geojson": envoi.GEOJSON, "json": envoi.JSON, "pdf": PDF}


@login_not_required
@ou_patienter
@require_safe
def region(request: HttpRequest, format: str) -> HttpResponseBase:
    """The map of the région as it is shown: `svg`, `png`, `geojson`, or a table (`csv`, `xlsx`, `ods`)."""
    choix, _, permis = choix_permis(request)
    if not permis:
        return redirect_to_login(request.get_full_path())
    if format in FORMATS:
        return _table_region(tableau_region(choix), cast(Format, format))
    ecrire: dict[str, Callable[[], bytes]] = {
        "svg": lambda: _planche_region(choix).encode(),
        "png": lambda: planches.en_png(_planche_region(choix)),
        "geojson": lambda: _geojson_region(tableau_region(choix)),
    }
    if format not in ecrire:
        raise Http404("Ce format n’existe pas.")
    dessiner = ecrire[format]
    if format == "png":
        dessiner = chacun_son_tour(request, dessiner, sur_mesure=False)
    jour = timezone.localdate().isoformat()
    cle = f"region.{format} {choix.requete(tri='')} {jour}"
    reponse = envoi.envoyer(
        request, cle, choix.indicateur.domaines, dessiner, genre=GENRES[format],
        fichier=nom_de_fichier(choix.titre, format), file=FILE if format == "png" else None,
    )  # fmt: skip
    if not choix.indicateur.public:
        reponse["Cache-Control"] = "private, no-cache"
    return reponse


def _planche_region(choix: Choix) -> str:
    tableau = tableau_region(choix)
    return planches.planche(tableau.dessin(liens=False), choix.titre, tableau.classes, timezone.localtime())


def _table_region(tableau: TableauRegion, format: Format) -> HttpResponseBase:
    # The map of the structures already counts them: the same column twice would be one too many.
    suite = ["Structures"] if tableau.avec_structures else []
    entetes = ["Code", "Bassin d’emploi", tableau.choix.indicateur.libelle, "En mots", "Classe", *suite]
    lignes = (
        [
            ligne.bassin.code, ligne.bassin.nom, ligne.valeur.montre, ligne.valeur.phrase, ligne.classe.libelle,
            *([ligne.structures] if suite else []),
        ]
        for ligne in tableau.lignes
    )  # fmt: skip
    return ecrire_tableau(lignes, entetes, format, titre=tableau.choix.titre)


def _geojson_region(tableau: TableauRegion) -> bytes:
    traces = dict(Contour.objects.filter(bassin__isnull=False).values_list("bassin_id", "geojson"))
    return collection(
        {
            "id": ligne.bassin.code,
            "geometry": traces.get(ligne.bassin.code),
            "properties": {
                "code": ligne.bassin.code,
                "nom": ligne.bassin.nom,
                "indicateur": tableau.choix.indicateur.slug,
                "service": tableau.choix.service.slug if tableau.choix.service else None,
                "valeur": ligne.valeur.montre,
                "texte": ligne.valeur.phrase,
                "classe": ligne.classe.libelle,
                "couleur": None if ligne.classe is AUCUNE_DONNEE else ligne.classe.couleur,
                "structures": ligne.structures,
            },
        }
        for ligne in tableau.lignes
    )


# ------------------------------------------------------------------------------- one bassin


@login_not_required
@ou_patienter
@require_safe
def bassin(request: HttpRequest, code: str, format: str) -> HttpResponseBase:
    """What the page of a bassin shows, by its own filters: `pdf`, `svg`, `png`, `geojson`, or a table."""
    objet = get_object_or_404(Bassin.objects.actifs(), pk=code)
    choix = filtres.Choix.lire(request.GET, partenaire=peut(request.user, "offres.consulter"))
    if choix.filtres.inconnus:
        return refus(f"Famille ou type inconnu\u00a0: {', '.join(choix.filtres.inconnus)}.")
    autour = autour_de.lire(request.GET)
    # The image of what is on the screen; the sheet, the tables and the objects are about the whole bassin.
    vue = Vue.lire(request.GET) if format in ("svg", "png") else None
    calques = replace(Calques.lire(request.GET, objet, request.user, autour), vue=vue)
    # Who offers, needs or answered is for partners: such a choice is not kept for others. A place may be somebody's.
    des_partenaires = bool(choix.offres or choix.besoins or choix.repondu)
    prive = des_partenaires or calques.prives or autour is not None
    mots = en_mots(choix, autour)

    def montres() -> tuple[list[Structure], Calques]:
        liste = liste_de(objet, choix, autour, partenaire=des_partenaires)
        choisies = [ligne.structure for ligne in liste.lignes if ligne.montree]
        return choisies, calques.parmi({ligne.structure.pk for ligne in liste.lignes}, {s.pk for s in choisies})

    if format in FORMATS:
        return _table_bassin(objet, montres()[0], cast(Format, format))
    quand = timezone.localtime()
    ecrire: dict[str, Callable[[], bytes]] = {
        "svg": lambda: _planche_bassin(*montres(), mots).encode(),
        "png": lambda: planches.en_png(_planche_bassin(*montres(), mots)),
        "pdf": lambda: feuille_du_bassin(*montres(), quand, mots).pdf,
        "geojson": lambda: objets.geojson(*montres()),
    }
    if format not in ecrire:
        raise Http404("Ce format n’existe pas.")
    sur_mesure = prive or vue is not None or not choix.vide
    dessiner = ecrire[format]
    lent = format in ("png", "pdf") or (format == "svg" and sur_mesure)
    if lent:
        dessiner = chacun_son_tour(request, dessiner, sur_mesure=sur_mesure)
    domaines = (*donnees.DOMAINES, "offres", "reponses") if prive else donnees.DOMAINES
    nom = nom_de_fichier(f"Carte du bassin {objet.nom}{', en partie' if vue else ''}", format)
    cle = f"bassin.{format} {code} {cle_de(choix)} {calques.cle} {quand:%Y-%m-%d}"
    reponse = envoi.envoyer(
        request, cle, domaines, dessiner, genre=GENRES[format], fichier=nom, commun=not sur_mesure,
        file=FILE if lent else None,
    )  # fmt: skip
    if prive:
        reponse["Cache-Control"] = "private, no-cache"
    return reponse


def cle_de(choix: filtres.Choix) -> str:
    """What tells two choices of filters apart."""
    parts = (choix.filtres.familles, choix.filtres.types, choix.publics, choix.offres, choix.besoins)
    return repr(([sorted(part) for part in parts], choix.q, choix.repondu))


def en_mots(choix: filtres.Choix, autour: autour_de.Autour | None = None) -> str:
    """The filters as a reader of the sheet needs them, of one structure as of many; empty when all are there."""
    f = choix.filtres
    noms = [FAMILLES[slug].libelle for slug in FAMILLES if slug in f.familles]
    noms += [TYPES[slug].libelle for slug in TYPES if slug in f.types]
    if choix.q:
        noms.append(f"«\u00a0{choix.q}\u00a0»")
    if autour is not None and autour.lieu is not None:
        noms.append(f"à moins de {autour.rayon_km}\u00a0km {de_nom(autour.lieu.libelle)}")
    if choix.publics:
        connus = Public.objects.filter(slug__in=choix.publics).order_by("ordre").values_list("libelle", flat=True)
        noms.append(f"public\u00a0: {' ou '.join(connus)}")
    for verbe, slugs in (("offrant", choix.offres), ("cherchant", choix.besoins)):
        if slugs:
            services = Service.objects.filter(slug__in=slugs).order_by("libelle").values_list("libelle", flat=True)
            noms.append(f"{verbe}\u00a0: {' ou '.join(services)}")
    if choix.repondu:
        noms.append("ayant répondu cette année")
    return ", ".join(noms)


def _planche_bassin(choisies: list[Structure], calques: Calques, precision: str) -> str:
    structures = choisies if calques.vue is None else calques.vue.dedans(choisies)
    compte = pluriel(len(structures), "structure,structures")
    if calques.vue is not None:
        compte = f"Partie de la carte vue à l’écran, {compte} sur {len(choisies)}"
    phrases = [f"{compte}\u00a0: {precision}." if precision else f"{compte}.", *calques.phrases()]
    if (calques.situe or calques.vue) and len(structures) > 1:
        phrases.append(RECOUVERTS if calques.serres(len(structures)) else ECARTES)
    if any(structure.fictive for structure in structures):
        phrases.append(FICTIVES)
    largeur = planches.LARGEUR if calques.vue is None else calques.vue.largeur
    return planches.planche_des_familles(
        planches.carte_du_bassin(structures, calques, largeur), f"Bassin d’emploi\u00a0: {calques.bassin.nom}",
        planches.familles(structures), timezone.localtime(), autres=calques.signes(), mots=" ".join(phrases),
    )  # fmt: skip


def _table_bassin(objet: Bassin, structures: list[Structure], format: Format) -> HttpResponse:
    entetes = [
        "Nom", "Famille", "Type", "Adresse", "Code postal", "Commune", "Code Insee", "Téléphone", "Courriel",
        "Site web", "Latitude", "Longitude", "Position au centre de la commune",
    ]  # fmt: skip
    lignes = (
        [
            s.nom, s.famille.libelle, s.type_libelle, s.adresse, s.code_postal, s.commune.nom, s.commune_id,
            s.telephone, s.courriel, s.site_web, s.lat, s.lon, "oui" if s.point_approche else "non",
        ]
        for s in structures
    )  # fmt: skip
    return cast(HttpResponse, ecrire_tableau(lignes, entetes, format, titre=f"Structures du bassin {objet.nom}"))
