"""Offers and needs in words, for every template that shows one."""

from django import template

from offres.models import Besoin, Offre
from offres.models.referentiel import MODALITES, PERIODICITES
from offres.rome import DOMAINES
from offres.unites import mots, volume_en_mots
from socle.recherche import normaliser
from socle.templatetags.typographie import nombre, pluriel

register = template.Library()
Ligne = Offre | Besoin
# A structure is named by its kind first, and a kind takes an article.
_ARTICLES = {
    "de l’": frozenset({"esat", "ime", "impro", "itep", "iem", "ueros", "esrp", "agence", "association", "entreprise",
                        "etti", "etablissement", "atelier"}),
    "de la ": frozenset({"mdph", "mission", "plateforme"}),
    "du ": frozenset({"sessad", "savs", "samsah", "ditep", "geiq", "cfa", "college", "lycee", "chantier", "conseil",
                      "centre", "service"}),
}  # fmt: skip


@register.filter
def volume(ligne: Ligne) -> str:
    """« 8 personnes par an »."""
    return volume_en_mots(ligne.volume, ligne.unite)


@register.filter
def reste_mots(ligne: Ligne) -> str:
    """What accepted cooperations have left of a line read with `reste`: « , dont 4 encore à trouver », or nothing.

    With `hors_compte` too, the agreements of an offer that no number counts: « , 2 coopérations en cours ».
    """
    reste: int | None = getattr(ligne, "reste", None)
    a_part = _hors_compte(ligne, getattr(ligne, "hors_compte", 0))
    if reste is None or ligne.volume is None or reste >= ligne.volume:
        return a_part
    if isinstance(ligne, Offre):
        return (f", dont {nombre(reste)} encore à partager" if reste else ", tout est réservé") + a_part
    return f", dont {nombre(reste)} encore à trouver" if reste else ", tout est trouvé"


def _hors_compte(ligne: Ligne, accords: int) -> str:
    if not accords:
        return ""
    sans = "" if ligne.volume is None else " sans volume convenu"
    return f", {pluriel(accords, 'coopération en cours,coopérations en cours')}{sans}"


@register.filter
def distance_mots(ligne: Ligne) -> str:
    """« à 14 km » of the commune asked for, when the list was narrowed to what reaches one."""
    km: float | None = getattr(ligne, "distance_km", None)
    if km is None:
        return ""
    return f"à {nombre(round(km))}\u00a0km" if km >= 1 else "sur place"


@register.filter
def en_unite(combien: int, unite: str) -> str:
    """« 24 personnes », « 1 session »."""
    return f"{nombre(combien)}\u00a0{mots(unite, combien)}"


@register.filter
def zone(ligne: Ligne) -> str:
    """The rayonnement in words; reads prefetched links."""
    match ligne.rayonnement:
        case "communes":
            return _liste([c.nom for c in ligne.communes.all()], "commune", "communes")
        case "rayon":
            return f"À\u00a0{ligne.rayon_km}\u00a0km autour {de_nom(ligne.structure.commune.nom)}"
        case "bassins":
            return "Bassin" + _noms([b.nom for b in ligne.bassins.all()])
        case "departements":
            return "Département" + _noms([d.nom for d in ligne.departements.all()])
        case "region":
            return "Toute la région"
    return "Zone non précisée"


@register.filter
def de_nom(nom: str) -> str:
    """Before a name: « d’Évreux », « du Havre », « des Andelys », « de La Hague », « de l’IME Les Saules »."""
    premier = normaliser(nom).split(" ", 1)[0]
    for article, genres in _ARTICLES.items():
        if premier in genres:
            return f"{article}{nom}"
    if nom.startswith("Le "):
        return f"du {nom[3:]}"
    if nom.startswith("Les "):
        return f"des {nom[4:]}"
    return f"d’{nom}" if normaliser(nom)[:1] in tuple("aeiouyh") else f"de {nom}"


@register.filter
def a_nom(nom: str) -> str:
    """After « à »: « à l’IME Les Saules », « au SAVS La Falaise », « à la MDPH », « à Cap emploi »."""
    avec = de_nom(nom)
    for article, devant in (("de l’", "à l’"), ("de la ", "à la "), ("du ", "au "), ("des ", "aux ")):
        if avec.startswith(article):
            return devant + avec.removeprefix(article)
    return f"à {nom}"


def _noms(noms: list[str]) -> str:
    return ("s" if len(noms) > 1 else "") + "\u00a0: " + ", ".join(noms)


def _liste(noms: list[str], singulier: str, plusieurs: str) -> str:
    if len(noms) > 6:
        return f"{len(noms)} {plusieurs}, dont {', '.join(noms[:5])}"
    return f"{(plusieurs if len(noms) > 1 else singulier).capitalize()}\u00a0: {', '.join(noms)}"


@register.filter
def publics_mots(ligne: Ligne) -> str:
    return "\u00a0; ".join(public.libelle for public in ligne.publics.all()) or "Tous les publics de la démarche"


@register.filter
def ressources_mots(ligne: Ligne) -> str:
    """« éducatrice spécialisée (0,2 ETP), chargé d’insertion »."""
    return ", ".join(
        r["profession"] + (f" ({nombre_court(r['etp'])}\u00a0ETP)" if r.get("etp") else "") for r in ligne.ressources
    )


def nombre_court(valeur: float) -> str:
    """0.25 → « 0,25 »; 1.0 → « 1 »."""
    return nombre(int(valeur)) if valeur == int(valeur) else f"{valeur:g}".replace(".", ",")


@register.filter
def domaines_mots(ligne: Ligne) -> str:
    return ", ".join(DOMAINES[lettre] for lettre in ligne.domaines_rome if lettre in DOMAINES)


@register.filter
def modalites_mots(ligne: Ligne) -> str:
    return ", ".join(MODALITES[slug].lower() for slug in ligne.modalites if slug in MODALITES)


@register.filter
def periodicite_mots(ligne: Ligne) -> str:
    return PERIODICITES.get(ligne.periodicite, "")


@register.filter
def unite(unite_: str, combien: int) -> str:
    """« personnes » for « personnes/an »."""
    return mots(unite_, combien)


@register.filter
def somme(paires: list[tuple[str, int]]) -> int:
    """The counts of (words, count) added."""
    return sum(combien for _, combien in paires)
