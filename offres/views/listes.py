"""Offers and needs of everybody, for signed-in partners: lists, one line, map, export."""

from typing import Any, cast
from urllib.parse import urlencode

from django.db.models import Count, F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from offres import exports
from offres.apercu import Zone, apercu
from offres.dessins import carte_des_structures, repere
from offres.exploration import ChezSoi, avec_metres, chez, dans_les_bassins
from offres.forms.filtres import FiltresForm
from offres.models import Besoin, Offre
from socle.droits import exiger, peut
from socle.recherche import normaliser
from socle.tableaux import FORMATS, Format, ecrire_tableau
from socle.templatetags.typographie import pluriel
from structures.annuaire.lieux import lieu_de
from structures.models import Structure
from structures.regles import adhesions_de

PAR_PAGE = 25
# More points than this would hide one another: the map asks for a filter.
POINTS_MAX = 1_500
MODELES: dict[str, type[Any]] = {"offres": Offre, "besoins": Besoin}
MOTS = {"offres": "offre,offres", "besoins": "besoin,besoins"}
TITRES = {"offres": "Offres à partager", "besoins": "Besoins exprimés"}


def _lues(request: HttpRequest, genre: str) -> tuple[FiltresForm, Any]:
    """The filters of the address, and the published lines that pass."""
    exiger(request.user, "offres.consulter")
    filtres = FiltresForm(request.GET, genre=genre)
    return filtres, filtres.filtrer(MODELES[genre].objects.publiees())


def _adresse(nom: str, requete: str) -> str:
    return f"{reverse(nom)}?{requete}" if requete else reverse(nom)


def _compte(lignes: Any, genre: str) -> tuple[int, str]:
    """How many lines, and in words: « 12 offres de 7 structures, dans 3 bassins »."""
    compte = lignes.order_by().aggregate(
        lignes=Count("pk"),
        structures=Count("structure", distinct=True),
        bassins=Count("structure__commune__bassin", distinct=True),
    )
    phrase = pluriel(compte["lignes"], MOTS[genre])
    if compte["lignes"]:
        phrase += f" de {pluriel(compte['structures'], 'structure,structures')}"
    if compte["bassins"] > 1:
        phrase += f", dans {pluriel(compte['bassins'], 'bassin,bassins')}"
    return compte["lignes"], phrase


def _commun(filtres: FiltresForm, genre: str, vue: str) -> dict[str, Any]:
    """What the list, its map and its export all show."""
    requete = filtres.requete()
    return {
        "genre": genre,
        "titre": TITRES[genre],
        "vue": vue,
        "filtres": filtres,
        "url_liste": _adresse(f"offres:{genre}", requete),
        "url_carte": _adresse(f"offres:carte_{genre}", requete),
        "url_export": _adresse(f"offres:export_{genre}", requete),
        "url_tableau": reverse("offres:tableau"),
        "candidats": [(c.libelle, f"?{filtres.requete(atteint=c.valeur)}") for c in filtres.lieu.candidats],
    }


@require_safe
def offres(request: HttpRequest) -> HttpResponse:
    return _liste(request, "offres")


@require_safe
def besoins(request: HttpRequest) -> HttpResponse:
    return _liste(request, "besoins")


def _liste(request: HttpRequest, genre: str) -> HttpResponse:
    """The nearest first when a commune was asked for; else the reader's bassins, then the newest.

    The key of the next page is the last row's.
    """
    filtres, lignes = _lues(request, genre)
    moi = ChezSoi() if filtres.commune else chez(request.user)
    total, phrase = _compte(lignes, genre)
    apres = _cle(request.GET.get("apres", ""))
    if not total:
        cles = []
    else:
        cles = _les_plus_proches(lignes, apres) if filtres.commune else _les_siennes_d_abord(lignes, moi, apres)
    page = _page(cles, genre) if cles else []
    suite = ""
    if len(page) > PAR_PAGE:
        page = page[:PAR_PAGE]
        suite = f"{request.path}?{filtres.requete(apres=f'{page[-1].rang}.{page[-1].pk}')}"
    miennes = adhesions_de(request.user)
    paires = [(ligne, ligne.structure_id in miennes) for ligne in page]
    return render(
        request,
        "offres/liste.html",
        {
            **_commun(filtres, genre, "liste"),
            "lignes": paires,
            "groupes": _en_groupes(paires, moi),
            "total": total,
            "phrase": phrase,
            "jetons": filtres.jetons(request.path),
            "debut": f"{request.path}?{filtres.requete()}" if apres else "",
            "suite": suite,
            "demonstration_ici": any(ligne.structure.fictive for ligne in page),
        },
    )


def _les_plus_proches(lignes: Any, apres: tuple[int, int] | None) -> list[dict[str, Any]]:
    """The numbers of the next rows, and one more: the nearest to the commune asked for, the newest of each place."""
    situees = avec_metres(lignes)
    if apres:
        metres, pk = apres
        situees = situees.filter(Q(rang__gt=metres) | Q(rang=metres, pk__lt=pk))
    return list(situees.order_by("rang", "-pk").values("pk", "rang", "distance_km")[: PAR_PAGE + 1])


def _les_siennes_d_abord(lignes: Any, moi: ChezSoi, apres: tuple[int, int] | None) -> list[dict[str, Any]]:
    """The same: those of the reader's bassins (`rang` 0), then the others, the newest first.

    Two short reads and not one sorted by rang: each stops as soon as it has a page, and nothing is sorted.
    """
    rang, pk = apres or (0, 0)
    cles: list[dict[str, Any]] = []
    for suivant in range(rang, 2):
        cotees = dans_les_bassins(lignes, moi.bassins, oui=suivant == 0)
        if pk and suivant == rang:
            cotees = cotees.filter(pk__lt=pk)
        numeros = cotees.order_by("-pk").values_list("pk", flat=True)[: PAR_PAGE + 1]
        cles += [{"pk": numero, "rang": suivant} for numero in numeros]
    return cles[: PAR_PAGE + 1]


def _page(cles: list[dict[str, Any]], genre: str) -> list[Any]:
    """The lines of these numbers, in their order, with `rang` and the distance: read once they are few."""
    lues = _avec_reste(MODELES[genre].objects.filter(pk__in=[cle["pk"] for cle in cles]), genre).pour_affichage()
    par_numero = {ligne.pk: ligne for ligne in lues}
    page = []
    for cle in cles:
        # Withdrawn between the two reads: the page is one row short.
        if (ligne := par_numero.get(cle["pk"])) is not None:
            ligne.rang, ligne.distance_km = cle["rang"], cle.get("distance_km")
            page.append(ligne)
    return page


def _cle(texte: str) -> tuple[int, int] | None:
    """« 0.123 » → (0, 123); None for anything else."""
    rang, _, pk = texte.partition(".")
    lisible = texte.isascii() and rang.isdecimal() and pk.isdecimal() and len(rang) < 9 and len(pk) < 16
    return (int(rang), int(pk)) if lisible else None


def _en_groupes(lignes: list[tuple[Any, bool]], moi: ChezSoi) -> list[tuple[str, list[tuple[Any, bool]]]]:
    """Headings for a reader who has a bassin; one group without a heading for the others."""
    if not moi.bassins:
        return [("", lignes)] if lignes else []
    proches = [paire for paire in lignes if paire[0].rang == 0]
    loin = [paire for paire in lignes if paire[0].rang == 1]
    return [(titre, groupe) for titre, groupe in ((moi.titre, proches), ("Ailleurs", loin)) if groupe]


@require_safe
def offre(request: HttpRequest, pk: int) -> HttpResponse:
    return _ligne(request, "offres", pk)


@require_safe
def besoin(request: HttpRequest, pk: int) -> HttpResponse:
    return _ligne(request, "besoins", pk)


def _ligne(request: HttpRequest, genre: str, pk: int) -> HttpResponse:
    """One published offer or need: who, what, what is left, where it reaches, whom to call."""
    exiger(request.user, "offres.consulter")
    publiees = _avec_reste(MODELES[genre].objects.publiees(), genre)
    ligne = get_object_or_404(
        publiees.pour_affichage().select_related("structure__commune__departement"),
        pk=pk,
    )
    zone = Zone(
        ligne.rayonnement,
        ligne.rayon_km,
        [commune.pk for commune in ligne.communes.all()],
        [bassin.pk for bassin in ligne.bassins.all()],
        [departement.pk for departement in ligne.departements.all()],
    )
    structure = ligne.structure
    atteint = apercu(zone, structure)
    seul, titre = repere(structure, structure.nom), f"Carte\u00a0: {structure.nom}"
    dessin = atteint.svg if atteint else carte_des_structures([seul], structure.bassin, titre)
    return render(
        request,
        "offres/ligne.html",
        {
            "genre": genre,
            "ligne": ligne,
            "structure": structure,
            "fil": [(TITRES[genre], reverse(f"offres:{genre}"))],
            "mienne": ligne.structure_id in adhesions_de(request.user),
            "atteint": atteint,
            # Drawn by our own code, which escapes the words that it writes.
            "carte": mark_safe(dessin),  # noqa: S308
            "url_rapprochements": _rapprochements(request, ligne, genre),
            "url_en_face": _en_face(ligne, genre),
            "demonstration_ici": structure.fictive,
        },
    )


def _avec_reste(lignes: Any, genre: str) -> Any:
    """With `reste`: what accepted matches have not taken of an offer, not brought to a need yet."""
    if genre == "offres":
        return lignes.avec_volume_restant().avec_accords_hors_compte().annotate(reste=F("volume_restant"))
    return lignes.avec_volume_manquant().annotate(reste=F("volume_manquant"))


def _rapprochements(request: HttpRequest, ligne: Any, genre: str) -> str:
    """The page of the matches of this line, for who may read it."""
    if genre == "offres":
        voit = peut(request.user, "offres.voir_besoins_couverts", ligne)
        return reverse("offres:rapprochements_de_l_offre", args=[ligne.pk]) if voit else ""
    voit = peut(request.user, "offres.voir_rapprochements", ligne)
    return reverse("offres:rapprochements_du_besoin", args=[ligne.pk]) if voit else ""


def _en_face(ligne: Any, genre: str) -> str:
    """The other side: who needs the service offered, or who offers the service needed up to this commune."""
    if ligne.service.hors_liste:
        return ""
    commune = ligne.structure.commune
    requete = {"service": ligne.service.slug}
    if genre == "besoins":
        # As the field writes a commune: a bare code could be read as a postal code.
        return f"{reverse('offres:offres')}?{urlencode(requete | {'atteint': lieu_de(commune).valeur})}"
    if commune.bassin_id:
        requete["bassin"] = commune.bassin_id
    return f"{reverse('offres:besoins')}?{urlencode(requete)}"


@require_safe
def carte(request: HttpRequest, genre: str) -> HttpResponse:
    """Where the structures of the whole list are; below, the same structures as a list."""
    filtres, lignes = _lues(request, genre)
    total, phrase = _compte(lignes, genre)
    nombres: Any = lignes.order_by().values_list("structure").annotate(n=Count("pk"))
    par_structure = dict(nombres[: POINTS_MAX + 1])
    trop = len(par_structure) > POINTS_MAX
    structures: list[Structure] = []
    if not trop:
        trouvees = Structure.objects.filter(pk__in=lignes.order_by().values("structure"))
        structures = sorted(
            trouvees.select_related("commune__bassin"),
            key=lambda s: (s.bassin is None, normaliser(s.bassin.nom) if s.bassin else "", s.nom_recherche, s.pk),
        )
    vers = reverse(f"offres:{genre}")
    places = [
        (
            structure,
            pluriel(par_structure.get(structure.pk, 0), MOTS[genre]),
            f"{vers}?{filtres.requete(structure=structure.pk)}",
        )
        for structure in structures
    ]
    reperes = [repere(structure, f"{structure.nom}\u00a0: {combien}", url) for structure, combien, url in places]
    dessin = "" if trop or not places else carte_des_structures(reperes, filtres.bassin_choisi, phrase)
    return render(
        request,
        "offres/carte.html",
        {
            **_commun(filtres, genre, "carte"),
            "total": total,
            "phrase": phrase,
            "jetons": filtres.jetons(request.path),
            "places": places,
            "trop": trop,
            "maximum": POINTS_MAX,
            "carte": mark_safe(dessin),  # noqa: S308
            "demonstration_ici": any(structure.fictive for structure in structures),
        },
    )


@require_safe
def export(request: HttpRequest, genre: str) -> HttpResponseBase:
    """Choose the columns, then the file."""
    filtres, lignes = _lues(request, genre)
    colonnes = exports.choisies(request.GET.getlist("colonne"), genre)
    format_ = request.GET.get("format", "")
    if format_:
        if format_ not in FORMATS:
            raise Http404("Ce format n’existe pas.")
        ordonnees = lignes.order_by("service__ordre", "structure__nom_recherche", "pk")
        return ecrire_tableau(
            exports.lignes(_avec_reste(ordonnees, genre), colonnes),
            [colonne.entete for colonne in colonnes],
            cast(Format, format_),
            titre=TITRES[genre],
        )
    total, phrase = _compte(lignes, genre)
    retenues = {colonne.cle for colonne in colonnes}
    return render(
        request,
        "offres/export.html",
        {
            **_commun(filtres, genre, "export"),
            "total": total,
            "phrase": phrase,
            "jetons": filtres.jetons(request.path),
            "colonnes": [(colonne, colonne.cle in retenues) for colonne in exports.proposees(genre)],
            "formats": [(cle, libelle) for cle, (libelle, _) in FORMATS.items()],
            "fil": [(TITRES[genre], reverse(f"offres:{genre}"))],
        },
    )
