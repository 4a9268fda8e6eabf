"""From a place as people write it to a point: a commune, a postal code, an old name, an address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Count, Max, Min, Q
from rapidfuzz import process
from rapidfuzz.distance import OSA

from structures.annuaire import geocodage
from structures.territoires.models import Commune, CommuneAncienne, code_region
from structures.territoires.noms import normaliser_nom, sans_cedex

TEXTE_MAX = 120
# More would be a list that nobody reads.
CANDIDATS_MAX = 8
# Below, the service itself doubts; a second answer this close makes a choice.
SCORE_SUR, SCORE_VOISIN = 0.5, 0.05

_POINT = re.compile(r"(-?\d{1,2}(?:\.\d+)?)\s*[,;]\s*(-?\d{1,3}(?:\.\d+)?)")
_ENTRE_PARENTHESES = re.compile(r"(.+?)\s*\((\d[\dAB]\d{3})\)", re.IGNORECASE)
_CODE_POSTAL = re.compile(r"(?<!\d)(\d{2}\s?\d{3})(?!\d)")


@dataclass(frozen=True)
class Lieu:
    """A point and its words; `valeur` is what an address of the directory carries."""

    libelle: str
    valeur: str
    lat: float
    lon: float
    # Insee code, empty for an address or a bare point.
    code: str = ""


@dataclass(frozen=True)
class Reponse:
    """The place, or the places to choose from, and what to tell the person."""

    lieu: Lieu | None = None
    candidats: tuple[Lieu, ...] = ()
    avis: str = ""


def lieu_de(commune: Commune, ancien: str = "") -> Lieu:
    """A commune as a place; `ancien` is the former name under which it was found."""
    valeur = f"{commune.nom} ({commune.pk})"
    libelle = f"{commune.nom} ({commune.departement_id})"
    return Lieu(f"{libelle}, ancienne commune de {ancien}" if ancien else libelle, valeur, commune.lat, commune.lon,
                commune.pk)  # fmt: skip


def situer(texte: str) -> Reponse:
    """The place that somebody typed. Our communes first: the service is asked only for what they don't know."""
    texte = " ".join(texte.replace("\x00", " ").split())[:TEXTE_MAX]
    if not normaliser_nom(texte):
        return Reponse()
    for lire in (_point, _designee, _postal, _exacte, _seule_commencant):
        reponse = lire(texte)
        if reponse is not None:
            return reponse
    avis = ""
    if geocodage.actif():
        try:
            reponse = _adresse(texte)
        except geocodage.GeocodageMuet:
            avis = "Le service d’adresses ne répond pas\u00a0: la recherche se fait par commune. "
        else:
            if reponse is not None:
                return reponse
    reponse = _dans_l_adresse(texte) or _ressemblante(texte)
    if reponse is None:
        return Reponse(avis=f"{avis}Nous ne trouvons pas «\u00a0{texte}\u00a0»\u00a0: écrivez une commune ou un code "
                       "postal.")  # fmt: skip
    return Reponse(reponse.lieu, reponse.candidats, avis + reponse.avis)


def _point(texte: str) -> Reponse | None:
    trouve = _POINT.fullmatch(texte)
    if trouve is None:
        return None
    lat, lon = float(trouve[1]), float(trouve[2])
    if abs(lat) > 90 or abs(lon) > 180:
        return None
    return Reponse(Lieu("ce point de la carte", f"{lat},{lon}", lat, lon))


def _designee(texte: str) -> Reponse | None:
    """« Vernon (27681) », as our own links write it; a postal code between the brackets does too."""
    trouve = _ENTRE_PARENTHESES.fullmatch(texte)
    if trouve is None:
        return None
    code = trouve[2].upper()
    possibles = [c for c in (Commune.objects.resoudre(code), *Commune.objects.avec_code_postal(code)) if c]
    nommees = [c for c in possibles if c.nom_recherche == normaliser_nom(trouve[1])]
    choisie = next(iter(nommees or possibles), None)
    return Reponse(lieu_de(choisie)) if choisie else None


def _postal(texte: str) -> Reponse | None:
    """« 27200 », « 27 200 »: the biggest commune of a postal code stands for its neighbours."""
    code = texte.replace(" ", "")
    if not (len(code) == 5 and code.isascii() and code.isdigit()):
        return None
    communes = list(Commune.objects.avec_code_postal(code)[:1])
    if communes:
        commune = communes[0]
        return Reponse(Lieu(f"{code} {commune.nom}", code, commune.lat, commune.lon, commune.pk))
    insee = Commune.objects.resoudre(code)
    return Reponse(lieu_de(insee)) if insee else None


def _choisir(lieux: Sequence[Lieu], texte: str) -> Reponse | None:
    if not lieux:
        return None
    if len(lieux) == 1:
        return Reponse(lieux[0])
    return Reponse(
        candidats=tuple(lieux[:CANDIDATS_MAX]), avis=f"Plusieurs communes répondent à «\u00a0{texte}\u00a0»."
    )


def _exacte(texte: str) -> Reponse | None:
    """A commune of that name, today's or an old one. The région's own come first."""
    lieux = communes_nommees([sans_cedex(normaliser_nom(texte))])
    return _choisir([lieu for _, lieu in lieux], texte)


def communes_nommees(noms: Iterable[str]) -> list[tuple[str, Lieu]]:
    """(normalised name, place) of the communes of these exact names; old names when none is today's. Two queries.

    Those of the région alone when it has some: « Vernon » is not the one of the Vienne.
    """
    noms = list(noms)
    directes = list(
        Commune.objects.filter(nom_recherche__in=noms).select_related("departement").order_by("-population", "code")
    )
    trouvees = [(c.nom_recherche, c, "") for c in directes]
    connus = {nom for nom, _, _ in trouvees}
    anciennes = (
        CommuneAncienne.objects.filter(nom_recherche__in=noms)
        .select_related("commune__departement")
        .order_by("-commune__population", "code")
    )
    trouvees += [(a.nom_recherche, a.commune, a.nom) for a in anciennes if a.nom_recherche not in connus]
    region = code_region()
    ici = {nom for nom, c, _ in trouvees if c.departement.region_id == region}
    vues: dict[tuple[str, str], Lieu] = {}
    for nom, commune, ancien in trouvees:
        if commune.departement.region_id == region or nom not in ici:
            vues.setdefault((nom, commune.pk), lieu_de(commune, ancien))
    return [(nom, lieu) for (nom, _), lieu in vues.items()]


def _seule_commencant(texte: str) -> Reponse | None:
    """The communes that begin so, when the text is no address: « evreu », « saint-aub »."""
    if any(c.isdigit() for c in texte):
        return None
    return _choisir([lieu_de(commune) for commune in communes_commencant(texte, CANDIDATS_MAX + 1)], texte)


def communes_commencant(texte: str, nombre: int) -> list[Commune]:
    """The communes whose name or postal code begins so: the région's, or the neighbours' when it has none."""
    trouvees = Commune.objects.rechercher(texte).select_related("departement")
    return list(trouvees.de_la_region()[:nombre]) or list(trouvees[:nombre])


def _adresse(texte: str) -> Reponse | None:
    """What the service says; the choice is left to the person when it hesitates."""
    adresses = geocodage.geocoder(texte)
    if not adresses:
        return None
    lieux = {a.libelle: Lieu(a.libelle, a.libelle, a.lat, a.lon) for a in adresses}
    premiere = adresses[0]
    voisines = [a for a in adresses if premiere.score - a.score <= SCORE_VOISIN and a.libelle != premiere.libelle]
    if premiere.score >= SCORE_SUR and (not voisines or normaliser_nom(premiere.libelle) == normaliser_nom(texte)):
        return Reponse(lieux[premiere.libelle])
    return Reponse(
        candidats=tuple(lieux.values())[:CANDIDATS_MAX], avis=f"Plusieurs adresses répondent à «\u00a0{texte}\u00a0»."
    )


def _dans_l_adresse(texte: str) -> Reponse | None:
    """Without a service: the commune written in an address, at its centre."""
    mots = normaliser_nom(texte).split()
    postal = _CODE_POSTAL.search(texte)
    if postal:
        possibles = list(Commune.objects.avec_code_postal(postal[1].replace(" ", "")))
        nommees = [c for c in possibles if f" {c.nom_recherche} " in f" {' '.join(mots)} "]
        if possibles:
            return _au_centre(lieu_de((nommees or possibles)[0]))
    suites = [" ".join(mots[debut:]) for debut in range(1, len(mots))]
    par_nom = dict(reversed(communes_nommees(suites)))
    trouvee = next((par_nom[suite] for suite in suites if suite in par_nom), None)
    return _au_centre(trouvee) if trouvee else None


def _au_centre(lieu: Lieu) -> Reponse:
    return Reponse(
        lieu, avis=f"Les distances partent du centre de la commune ({lieu.libelle}), sans l’adresse exacte."
    )


def _ressemblante(texte: str) -> Reponse | None:
    """A commune whose name was mistyped."""
    proches = noms_proches(sans_cedex(normaliser_nom(texte)))
    lieux = [lieu for _, lieu in communes_nommees(proches)]
    reponse = _choisir(lieux, texte)
    if reponse is None or reponse.lieu is None:
        return reponse
    return Reponse(reponse.lieu, avis=f"Lieu compris\u00a0: {reponse.lieu.libelle}, au lieu de «\u00a0{texte}\u00a0».")


def noms_proches(nom: str) -> list[str]:
    """Normalised names of communes, today's and old, the nearest to a mistyped one (all at the same distance)."""
    if len(nom) < 4:
        return []
    permis = 1 if len(nom) < 7 else 2
    noms = noms_de_lieux()
    proches = process.extract(nom, noms.keys(), scorer=OSA.distance, score_cutoff=permis, limit=CANDIDATS_MAX)
    if not proches:
        return []
    meilleure = min(distance for _, distance, _ in proches)
    return [noms[cle] for cle, distance, _ in proches if distance == meilleure]


def noms_de_lieux() -> dict[str, str]:
    """What may be typed for a commune → its normalised name: « pontaudemer » → « pont audemer »."""
    marque = Commune.objects.aggregate(n=Count("pk"), bas=Min("pk"), haut=Max("pk"))
    anciennes = CommuneAncienne.objects.aggregate(n=Count("pk"), haut=Max("pk"))
    return _noms_de_lieux((*marque.values(), *anciennes.values()))


@lru_cache(maxsize=1)
def _noms_de_lieux(marque: tuple[object, ...]) -> dict[str, str]:
    noms = set(Commune.objects.values_list("nom_recherche", flat=True))
    noms |= set(CommuneAncienne.objects.filter(~Q(nom_recherche="")).values_list("nom_recherche", flat=True))
    colles = {nom.replace(" ", ""): nom for nom in noms if " " in nom}
    return {**colles, **{nom: nom for nom in noms}}
