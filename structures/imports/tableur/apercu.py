"""What the first lines will become, shown while a person says what the columns are."""

from dataclasses import dataclass, field

from structures.identifiants import GENRES
from structures.imports.fiche import Fiche, FichierIllisible, HorsPerimetre, Rejet
from structures.imports.noms_lisibles import lisible
from structures.imports.rapprochement import CommuneInconnue, HorsTerritoire, Placeur
from structures.imports.tableur.analyse import Analyse
from structures.imports.tableur.champs import CHAMPS
from structures.imports.tableur.plan import Plan
from structures.imports.tableur.traduction import Traducteur, Traduite, defauts_des_numeros
from structures.imports.valeurs import telephone_lisible
from structures.referentiel import TYPES

MONTREES = 10
REGARDEES = 200
PROBLEMES_MONTRES = 5


@dataclass
class LigneLue:
    """One line as it will be read."""

    numero: int
    nom: str
    type: str = ""
    adresse: str = ""
    commune: str = ""
    bassin: str = ""
    # [(label, value)], those that the line has.
    details: list[tuple[str, str]] = field(default_factory=list)
    # [(label of the field, what is odd)]
    remarques: list[tuple[str, str]] = field(default_factory=list)
    # Why it will not be imported.
    refus: str = ""
    hors: bool = False


@dataclass
class Apercu:
    """The first lines, and how the first two hundred fare."""

    lignes: list[LigneLue] = field(default_factory=list)
    problemes: list[LigneLue] = field(default_factory=list)
    regardees: int = 0
    lues: int = 0
    hors: int = 0
    refusees: int = 0
    erreur: str = ""


def apercevoir(analyse: Analyse, plan: Plan) -> Apercu:
    """Read the first lines by this plan; nothing is written."""
    apercu = Apercu()
    try:
        traducteur = Traducteur(plan, analyse.entetes)
    except FichierIllisible as erreur:
        apercu.erreur = str(erreur)
        return apercu
    placeur = Placeur()
    for rangee in analyse.echantillon[:REGARDEES]:
        ligne = _lire(traducteur.traduire(rangee), placeur)
        apercu.regardees += 1
        if ligne.hors:
            apercu.hors += 1
        elif ligne.refus:
            apercu.refusees += 1
        else:
            apercu.lues += 1
        if len(apercu.lignes) < MONTREES:
            apercu.lignes.append(ligne)
        elif ligne.refus and not ligne.hors and len(apercu.problemes) < PROBLEMES_MONTRES:
            apercu.problemes.append(ligne)
    return apercu


def _lire(traduite: Traduite, placeur: Placeur) -> LigneLue:
    lue = traduite.lue
    nom = lisible(traduite.valeurs.get("nom", ""))
    if isinstance(lue, Rejet):
        return LigneLue(lue.ligne, lue.nom or nom, refus=lue.raison)
    if isinstance(lue, HorsPerimetre):
        return LigneLue(lue.ligne, nom, refus=f"hors périmètre (« {lue.motif} »)", hors=True)
    if not isinstance(lue, Fiche):
        raise TypeError(lue)
    ligne = LigneLue(lue.ligne, nom, TYPES[lue.type].court, lue.adresse, remarques=_remarques(traduite))
    ligne.details = _details(lue)
    try:
        commune = placeur.commune(lue)
    except CommuneInconnue as erreur:
        ligne.refus = str(erreur)
    except HorsTerritoire as erreur:
        ligne.refus, ligne.hors = f"hors du territoire (département {erreur})", True
    else:
        ligne.commune = " ".join(filter(None, (lue.code_postal, commune.nom)))
        ligne.bassin = commune.bassin.nom if commune.bassin_id and commune.bassin else ""
    return ligne


def _remarques(traduite: Traduite) -> list[tuple[str, str]]:
    dites = [*traduite.remarques, *defauts_des_numeros(traduite.valeurs)]
    return [(CHAMPS[champ].libelle, texte) for champ, texte in dites]


def _details(fiche: Fiche) -> list[tuple[str, str]]:
    numeros = [(genre.nom, str(getattr(fiche, slug))) for slug, genre in GENRES.items()]
    point = f"{fiche.lat}, {fiche.lon}" if fiche.lat is not None else ""
    autres = [
        ("identifiant", fiche.cle_source),
        ("téléphone", telephone_lisible(fiche.telephone)),
        ("courriel", fiche.courriel),
        ("site", fiche.site_web),
        ("capacité", "" if fiche.capacite is None else str(fiche.capacite)),
        ("publics", ", ".join(fiche.publics)),
        ("organisme", fiche.organisme),
        ("contact", fiche.contact_fonction),
        ("position", point),
    ]
    return [(libelle, valeur) for libelle, valeur in (*numeros, *autres) if valeur]
