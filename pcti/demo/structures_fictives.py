"""About 250 fictive structures of every type, in real communes of every bassin.

Names of trees, hills and rivers: no real structure, no real person. Deterministic: the same
database always gets the same region.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from structures.models import Structure
from structures.territoires.models import Bassin, Commune

GRAINE = 27_50
NOMS = (
    "Les Tilleuls", "Les Peupliers", "Le Verger", "La Clairière", "Les Coteaux", "La Source", "Les Aubépines",
    "Le Vallon", "Les Ormes", "La Prairie", "Les Charmes", "Le Moulin Bleu", "Les Saules", "La Garenne",
    "Les Pommiers", "Le Grand Pré", "Les Genêts", "La Falaise", "Les Hêtres", "Le Chemin Vert", "Les Noisetiers",
    "La Vigne Blanche", "Les Alizés", "Le Belvédère", "Les Bruyères", "La Passerelle", "Les Glycines",
    "Le Clos Fleuri", "Les Embruns", "La Roselière", "Les Sorbiers", "Le Pré aux Oies", "Les Acacias",
    "La Lisière", "Les Chênes", "Le Bocage", "Les Mésanges", "La Rivière", "Les Cèdres", "Le Phare",
)  # fmt: skip

# One name pattern per type; {n} is an invented name, {v} the town, {d} the département.
MODELES = {
    "ime": "IME {n}",
    "impro": "IMPro {n}",
    "ditep": "DITEP {n}",
    "iem": "IEM {n}",
    "sessad": "SESSAD {n}",
    "esat": "ESAT {n}",
    "savs": "SAVS {n}",
    "samsah": "SAMSAH {n}",
    "esrp-espo": "ESRP {n}",
    "ueros": "UEROS {n}",
    "france-travail": "Agence France Travail de {v} (fictive)",
    "cap-emploi": "Cap emploi – {d} (fictif)",
    "mission-locale": "Mission locale de {v} (fictive)",
    "emploi-accompagne": "Plateforme emploi accompagné – {d} (fictive)",
    "ulis": "Collège {n}, ULIS",
    "cfa-of": "CFA {n}",
    "ea": "Entreprise adaptée {n}",
    "eatt": "EATT {n}",
    "siae-ei": "Entreprise d’insertion {n}",
    "siae-etti": "ETTI {n}",
    "siae-aci": "Chantier d’insertion {n}",
    "siae-ai": "Association intermédiaire {n}",
    "siae-eiti": "EITI {n}",
    "geiq": "GEIQ {n}",
    "mdph": "MDPH – {d} (fictive)",
    "departement": "Conseil départemental – {d} (fictif)",
    "etat-ars": "Délégation de l’État de {v} (fictive)",
    "fonds": "Fonds d’insertion {n} (fictif)",
    "centre-ressource": "Centre ressource {n}",
    "autre": "Association {n}",
}
PARTOUT = ("ime", "sessad", "esat", "savs", "france-travail", "mission-locale", "ulis", "siae-aci", "ea")
# By turns, the other types that a bassin has.
PAR_TOUR = ("ditep", "samsah", "geiq", "siae-ei", "cfa-of", "siae-ai", "siae-etti", "eatt", "iem", "impro", "ulis")
UN_PAR_DEPARTEMENT = ("cap-emploi", "mdph", "departement", "emploi-accompagne")
RARES = ("esrp-espo", "ueros", "etat-ars", "fonds", "centre-ressource", "siae-eiti", "autre")
PUBLICS = {
    "ime": ("sortants-ime",),
    "impro": ("sortants-ime",),
    "ditep": ("sortants-ditep",),
    "iem": ("sortants-ime", "autres-16-plus"),
    "sessad": ("jeunes-sessad",),
    "esat": ("esat-projet-sortie",),
    "savs": ("demandeurs-savs",),
    "samsah": ("demandeurs-samsah",),
    "ulis": ("sortants-ulis",),
    "france-travail": ("ft-orientation-esat", "autres-16-plus"),
    "cap-emploi": ("ft-orientation-esat", "sortants-ime", "autres-16-plus"),
    "mission-locale": ("sortants-ulis", "sortants-ime", "sortants-ditep"),
    "departement": ("sortants-ase",),
}
CAPACITES = {
    "ime": (40, 110), "impro": (20, 60), "ditep": (30, 70), "iem": (30, 60), "sessad": (20, 60), "esat": (50, 180),
    "savs": (25, 80), "samsah": (15, 40), "esrp-espo": (40, 90), "ueros": (10, 20), "ulis": (10, 13), "ea": (20, 90),
    "siae-aci": (10, 35), "siae-ei": (8, 30), "siae-ai": (30, 90), "siae-etti": (20, 60), "geiq": (15, 60),
    "mission-locale": (300, 1200), "cap-emploi": (600, 1800), "france-travail": (200, 900),
}  # fmt: skip
FONCTIONS = {
    "france-travail": "Direction de l’agence",
    "mission-locale": "Direction",
    "ulis": "Coordination de l’ULIS",
    "mdph": "Pôle insertion professionnelle",
}


@dataclass(frozen=True)
class Emplacement:
    type: str
    commune: Commune


def emplacements() -> Iterator[Emplacement]:
    """What stands where: the towns of each bassin, biggest first, so that maps look like the real ones."""
    hasard = random.Random(GRAINE)  # noqa: S311  (a demonstration, not a secret)
    villes = {
        b.code: list(b.communes.prefetch_related("codes_postaux").order_by("-population")[:14])
        for b in Bassin.objects.normands().order_by("code")
    }
    for rang, (code, communes) in enumerate(sorted(villes.items())):
        types = [*PARTOUT, PAR_TOUR[rang % len(PAR_TOUR)]]
        if sum(c.population for c in communes) > 100_000:
            types += [PAR_TOUR[(rang + pas) % len(PAR_TOUR)] for pas in (3, 5)] + ["samsah"]
        for type_ in types:
            chef_lieu = type_ in ("france-travail", "mission-locale")
            rang_ville = 0 if chef_lieu else min(int(hasard.expovariate(0.55)), len(communes) - 1)
            yield Emplacement(type_, communes[rang_ville])
        if code == "2808":
            yield Emplacement("samsah", communes[0])
    prefectures = Commune.objects.filter(code__in=["14118", "27229", "50502", "61001", "76540"])
    for commune in prefectures.order_by("code"):
        for type_ in UN_PAR_DEPARTEMENT:
            yield Emplacement(type_, commune)
    rouen = prefectures.get(code="76540")
    for type_ in RARES:
        yield Emplacement(type_, rouen if type_ != "ueros" else prefectures.get(code="27229"))


def batir() -> list[Structure]:
    """The structures, not yet saved (names unique, places spread around the centre of the commune)."""
    hasard = random.Random(GRAINE + 1)  # noqa: S311
    pris: set[str] = set()
    structures = []
    for rang, lieu in enumerate(emplacements()):
        nom = _nom(lieu, rang, pris)
        pris.add(nom)
        mini, maxi = CAPACITES.get(lieu.type, (0, 0))
        structures.append(
            Structure(
                nom=nom,
                type=lieu.type,
                commune=lieu.commune,
                adresse=f"{hasard.randint(1, 90)} {hasard.choice(('rue', 'avenue', 'allée'))} {hasard.choice(RUES)}",
                code_postal=_code_postal(lieu.commune),
                lat=lieu.commune.lat + hasard.uniform(-0.006, 0.006),
                lon=lieu.commune.lon + hasard.uniform(-0.008, 0.008),
                capacite=hasard.randint(mini, maxi) if maxi else None,
                telephone=f"02 00 00 {rang // 100:02d} {rang % 100:02d}",
                courriel=f"contact-{rang:03d}@demo.invalid",
                contact_fonction=FONCTIONS.get(lieu.type, "Direction"),
                source="demonstration",
                fictive=True,
            )
        )
    return structures


RUES = (
    "des Écoles", "du Marché", "de la Gare", "des Lilas", "du Stade", "de la Liberté", "des Artisans", "du Pont Neuf",
    "de la République", "des Jardins", "du Lavoir", "de l’Industrie",
)  # fmt: skip
_DEPARTEMENTS = {"14": "Calvados", "27": "Eure", "50": "Manche", "61": "Orne", "76": "Seine-Maritime"}


def _nom(lieu: Emplacement, rang: int, pris: set[str]) -> str:
    modele = MODELES[lieu.type]
    departement = _DEPARTEMENTS.get(lieu.commune.departement_id, lieu.commune.departement_id)
    for essai in range(len(NOMS)):
        invente = NOMS[(rang * 7 + essai) % len(NOMS)]
        nom = _elider(modele.format(n=invente, v=lieu.commune.nom, d=departement))
        if nom not in pris:
            return nom
    return _elider(
        f"{modele.format(n=NOMS[rang % len(NOMS)], v=lieu.commune.nom, d=departement)} – {lieu.commune.nom}"
    )


def _elider(nom: str) -> str:
    """« de Évreux » → « d’Évreux », « de Le Havre » → « du Havre »."""
    for de, du in ((" de Le ", " du "), (" de Les ", " des "), (" de La ", " de La ")):
        nom = nom.replace(de, du)
    return re.sub(r" de (?=[AEIOUYÉÈÊÎÔ])", " d’", nom)


def _code_postal(commune: Commune) -> str:
    premier = min((c.code for c in commune.codes_postaux.all()), default="")
    return premier or commune.code
