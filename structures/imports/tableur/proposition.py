"""A mapping proposed from the headers and the values: right most of the time, always shown to a person."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from socle.recherche import normaliser
from structures.identifiants import luhn, normaliser_numero, siret_valide, uai_valide
from structures.imports.fiche import nombre
from structures.imports.tableur.analyse import Analyse, Colonne
from structures.imports.tableur.champs import champ_de_l_entete, cle_de_valeur, type_de, type_en_tete
from structures.imports.tableur.plan import Plan, depuis_json
from structures.imports.tableur.valeurs_de_cellules import code_commune, code_postal, numero, point
from structures.imports.tableur.valeurs_de_cellules import ville as lire_ville
from structures.models import Correspondance
from structures.territoires.models import CodePostal, Commune
from structures.territoires.noms import normaliser_nom, sans_cedex

_CLES_PARTIELLES = {"id", "identifiant", "ref", "reference", "matricule"}
# A name that says nothing of whose it is: « Antenne de Caen ».
_GENERIQUES = {"antenne", "agence", "site", "siege", "etablissement", "permanence", "annexe", "bureau", "point"}


@dataclass
class Proposition:
    """A plan, and why: per header, in words."""

    plan: Plan
    raisons: dict[str, str] = field(default_factory=dict)
    # The list whose mapping is proposed again, when these headers are known.
    connue: Correspondance | None = None


def proposer(analyse: Analyse, nom_du_fichier: str, liste: str = "") -> Proposition:
    """The mapping remembered for this list or for these headers, else one that is guessed."""
    connue = retrouver(analyse, liste or nom_de_liste(nom_du_fichier), nommee=bool(liste))
    if connue is not None and connue.empreinte == analyse.empreinte:
        return _comme_la_derniere_fois(connue, analyse)
    devinee = _deviner(analyse, nom_du_fichier, liste)
    return devinee if connue is None else _completer(connue, analyse, devinee)


def retrouver(analyse: Analyse, liste: str, *, nommee: bool) -> Correspondance | None:
    """The remembered mapping of a list that is `nommee`, or of the same headers, or of the same file name.

    A file name proves little (« Classeur1 »): half of the columns must be there.
    """
    du_nom = Correspondance.objects.filter(liste__iexact=liste).first()
    if nommee:
        return du_nom
    des_entetes = Correspondance.objects.filter(empreinte=analyse.empreinte).order_by("-modifie_le").first()
    if des_entetes is not None or du_nom is None:
        return des_entetes
    communes = {*du_nom.colonnes} & {*analyse.entetes}
    return du_nom if 2 * len(communes) >= len(du_nom.colonnes) else None


def _deviner(analyse: Analyse, nom_du_fichier: str, liste: str) -> Proposition:
    raisons: dict[str, str] = {}
    choisies = _colonnes(analyse, raisons)
    type_ = _colonne_des_types(analyse, choisies, raisons)
    if type_ is not None:
        choisies[type_.rang] = "type"
    _composer_le_nom(analyse, choisies, raisons)
    _cle(analyse, choisies, raisons)
    plan = Plan(
        liste=liste or _nom_libre(nom_de_liste(nom_du_fichier)),
        forme=analyse.forme,
        feuille=analyse.feuille,
        ligne_entete=analyse.ligne_entete,
        colonnes={c.entete: choisies[c.rang] for c in analyse.colonnes if c.rang in choisies},
        types=types_proposes(type_) if type_ is not None else {},
        type_constant="" if type_ is not None else _constant(analyse, choisies, nom_du_fichier),
    )
    return Proposition(plan, raisons)


def _comme_la_derniere_fois(connue: Correspondance, analyse: Analyse) -> Proposition:
    plan = replace(
        depuis_json(
            {
                "liste": connue.liste,
                "colonnes": {e: c for e in analyse.entetes if (c := connue.colonnes.get(e))},
                "types": connue.types,
                "type_constant": connue.type_constant,
                "complete": connue.complete,
                "origine": connue.origine,
            }
        ),
        forme=analyse.forme,
        feuille=analyse.feuille,
        ligne_entete=analyse.ligne_entete,
    )
    for entete in plan.colonnes_de("type"):
        # Values that were not there the last time are proposed beside those that were said.
        plan = replace(plan, types={**types_proposes(analyse.colonne(entete)), **plan.types})
    return Proposition(plan, dict.fromkeys(plan.colonnes, "comme la dernière fois"), connue)


def _completer(connue: Correspondance, analyse: Analyse, devinee: Proposition) -> Proposition:
    """The same list in other columns: what was said stays, what is new is guessed."""
    proposition = _comme_la_derniere_fois(connue, analyse)
    plan = proposition.plan
    dits = set(plan.colonnes.values())
    nouvelles = {e: c for e, c in devinee.plan.colonnes.items() if e not in connue.entetes and c not in dits}
    colonnes = {e: c for e in analyse.entetes if (c := plan.colonnes.get(e) or nouvelles.get(e))}
    raisons = {**proposition.raisons, **{e: devinee.raisons.get(e, "") for e in nouvelles}}
    types = {**devinee.plan.types, **plan.types}
    constant = plan.type_constant or ("" if "type" in colonnes.values() else devinee.plan.type_constant)
    return Proposition(replace(plan, colonnes=colonnes, types=types, type_constant=constant), raisons, connue)


def _nom_libre(voulu: str) -> str:
    """The name, numbered when a remembered list already bears it."""
    nom, fois = voulu or "liste", 1
    while Correspondance.objects.filter(liste__iexact=nom).exists():
        fois += 1
        nom = f"{voulu[:110]} ({fois})"
    return nom


def nom_de_liste(nom_du_fichier: str) -> str:
    """« geiq_normandie_2026-06.csv » → « geiq normandie »: the vintage is no part of the name of a list."""
    base = re.sub(r"\.(?:csv|txt|tsv|xlsx?|xlsm|ods|gz)$", "", nom_du_fichier.strip(), flags=re.IGNORECASE)
    sans_date = re.sub(r"[\s_.\-(]*(?:19|20)\d\d(?:[_.\-]?\d\d){0,2}[)]?", "", base)
    return " ".join(re.sub(r"[_]+", " ", sans_date or base).split())[:120]


def types_proposes(colonne: Colonne) -> dict[str, tuple[str, str]]:
    """{key: (value, type or "" when it isn't ours)} for each value seen, the most frequent first."""
    return {cle_de_valeur(v): (v, type_de(v)) for v, _ in colonne.valeurs.most_common() if cle_de_valeur(v)}


# --- which column is what -------------------------------------------------------------------------


def _part(valeurs: list[str], juste: Callable[[str], bool]) -> float:
    return sum(juste(v) for v in valeurs) / len(valeurs) if valeurs else 0.0


def _entre(bas: float, haut: float) -> Callable[[str], bool]:
    def dedans(valeur: str) -> bool:
        lu = nombre(valeur)
        # Lambert 93 is in metres.
        return lu is not None and (bas <= lu <= haut or 10_000 < lu < 7_300_000)

    return dedans


_VERIFIER: dict[str, Callable[[str], bool]] = {
    # The shape is enough under a header that says it: a false key is told line by line.
    "siret": lambda v: re.fullmatch(r"\d{13,14}", numero("siret", v)[0]) is not None or bool(numero("siret", v)[1]),
    "siren": lambda v: re.fullmatch(r"\d{9}", numero("siren", v)[0]) is not None,
    "uai": lambda v: re.fullmatch(r"\d{7}[A-Z]", normaliser_numero(v)) is not None,
    "finess": lambda v: re.fullmatch(r"\d[\dAB]\d{7}", numero("finess", v)[0]) is not None,
    "safir": lambda v: re.fullmatch(r"\d{5}", numero("safir", v)[0]) is not None,
    "code_postal": lambda v: re.fullmatch(r"\d{5}", code_postal(v)[0]) is not None,
    "code_commune": lambda v: re.fullmatch(r"\d[\dAB]\d{3}", code_commune(v)) is not None,
    "courriel": lambda v: "@" in v,
    "site_web": lambda v: re.search(r"^https?://|\w\.[a-z]{2,}", v.lower()) is not None and "@" not in v,
    "telephone": lambda v: 4 <= len(re.sub(r"\D", "", v)) <= 25,
    "lat": _entre(41, 51.6),
    "lon": _entre(-5.6, 9.7),
    "point": lambda v: point(v) is not None,
    "capacite": lambda v: re.match(r"\d", v) is not None,
    "nom": lambda v: any(signe.isalpha() for signe in v),
    "ville": lambda v: any(signe.isalpha() for signe in v),
    "organisme": lambda v: any(signe.isalpha() for signe in v),
}
_TELEPHONE = re.compile(r"(?:\+33|0)\s?[1-9](?:[\s.\-]?\d{2}){4}")
# Values alone are proof enough, whatever the header.
_PARLANTES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "siret": ("quatorze chiffres et leur clé", lambda v: siret_valide(numero("siret", v)[0])),
    "uai": ("sept chiffres et leur lettre", lambda v: uai_valide(normaliser_numero(v))),
    "courriel": ("des adresses électroniques", _VERIFIER["courriel"]),
    "site_web": ("des adresses de sites", lambda v: v.lower().startswith(("http://", "https://", "www."))),
    "telephone": ("des numéros de téléphone", lambda v: _TELEPHONE.fullmatch(v) is not None),
    "finess": (
        "neuf signes et leur clé",
        lambda v: re.fullmatch(r"\d[\dAB]\d{7}", v) is not None and luhn(v.replace("A", "1").replace("B", "2")),
    ),
    "point": ("une latitude et une longitude", _VERIFIER["point"]),
}  # fmt: skip


def _valeurs(analyse: Analyse, rang: int) -> list[str]:
    return [v for v in (r.cellule(rang) for r in analyse.echantillon[:200]) if v]


def _colonnes(analyse: Analyse, raisons: dict[str, str]) -> dict[int, str]:
    """{rank of the column: field}, the surest first; each field once, except those said in several columns."""
    notes: list[tuple[float, int, str, str]] = []
    for colonne in analyse.colonnes:
        champ, confiance = champ_de_l_entete(colonne.entete)
        if champ in ("cle", "type"):
            champ, confiance = "", 0.0
        valeurs = _valeurs(analyse, colonne.rang)
        if champ:
            part = _part(valeurs, _VERIFIER[champ]) if valeurs and champ in _VERIFIER else None
            if part is None or part >= 0.5:
                note = confiance + (0.2 * part if part is not None else 0.0) + _connues(champ, valeurs)
                notes.append((note if valeurs else confiance / 2, -colonne.rang, champ, ""))
        if confiance < 1:
            for parlant, (mots, juste) in _PARLANTES.items():
                if len(valeurs) >= 2 and _part(valeurs, juste) >= 0.8:
                    notes.append((0.7, -colonne.rang, parlant, f"on y voit {mots}"))
                    break
            else:
                lieu = _lieu(valeurs) if not champ else ""
                if lieu:
                    notes.append((0.35, -colonne.rang, lieu, "on y voit des communes"))
    choisies: dict[int, str] = {}
    for note, moins_rang, champ, pourquoi in sorted(notes, reverse=True):
        rang = -moins_rang
        repetable = champ == "adresse" and note >= 0.9
        if rang in choisies or (champ in choisies.values() and not repetable):
            continue
        choisies[rang] = champ
        raisons[analyse.colonnes[rang].entete] = pourquoi
    _accorder(choisies)
    return choisies


def _accorder(choisies: dict[int, str]) -> None:
    """Half a point is none, and one way to say it is enough."""
    dits = set(choisies.values())
    inutiles = {"point"} if {"lat", "lon"} <= dits else ({"lat", "lon"} if len({"lat", "lon"} & dits) == 1 else set())
    for rang in [r for r, champ in choisies.items() if champ in inutiles]:
        del choisies[rang]


def _connues(champ: str, valeurs: list[str]) -> float:
    """A little more for the column that holds today's codes, among several."""
    if champ != "code_commune" or not valeurs:
        return 0.0
    codes = {code_commune(v) for v in valeurs}
    return 0.1 * Commune.objects.filter(pk__in=codes).count() / len(codes)


def _lieu(valeurs: list[str]) -> str:
    """« ville », « code_postal » or « code_commune » when nearly every value is one that we know."""
    if len(valeurs) < 3:
        return ""
    distinctes = set(valeurs)
    if all(re.fullmatch(r"\d[\dAB]\d{3}", v) for v in distinctes):
        communes = Commune.objects.filter(pk__in=distinctes).count()
        postaux = CodePostal.objects.filter(code__in=distinctes).values("code").distinct().count()
        if max(communes, postaux) >= 0.8 * len(distinctes):
            return "code_commune" if communes > postaux else "code_postal"
        return ""
    noms = {sans_cedex(normaliser_nom(lire_ville(v))) for v in distinctes} - {""}
    if noms and Commune.objects.filter(nom_recherche__in=noms).values("nom_recherche").distinct().count() >= 0.8 * len(
        noms
    ):
        return "ville"
    return ""


def _colonne_des_types(analyse: Analyse, choisies: dict[int, str], raisons: dict[str, str]) -> Colonne | None:
    meilleure: tuple[float, Colonne | None] = (0.0, None)
    for colonne in analyse.colonnes:
        if colonne.rang in choisies or colonne.innombrables or not colonne.valeurs:
            continue
        champ, confiance = champ_de_l_entete(colonne.entete)
        connues = sum(fois for v, fois in colonne.valeurs.items() if type_de(v)) / colonne.valeurs.total()
        annoncee = champ == "type"
        if connues >= 0.8 or (annoncee and connues > 0):
            note = connues + (0.3 * confiance if annoncee else 0.0)
            if note > meilleure[0]:
                meilleure = (note, colonne)
    if meilleure[1] is not None:
        raisons[meilleure[1].entete] = "on y voit des types de structures"
    return meilleure[1]


def _constant(analyse: Analyse, choisies: dict[int, str], nom_du_fichier: str) -> str:
    """One type for the whole file, when the names or the name of the file say it."""
    noms = [v for rang, champ in choisies.items() if champ in ("nom", "organisme") for v in _valeurs(analyse, rang)]
    dits = Counter(filter(None, map(type_en_tete, noms)))
    if dits and dits.most_common(1)[0][1] >= 0.6 * max(len(analyse.echantillon[:200]), 1):
        return dits.most_common(1)[0][0]
    return type_en_tete(nom_du_fichier.rsplit("/", 1)[-1].rsplit(".", 1)[0])


def _composer_le_nom(analyse: Analyse, choisies: dict[int, str], raisons: dict[str, str]) -> None:
    """« Antenne de Caen » alone names nobody: the column of the organisation comes before it."""
    rang_nom = next((rang for rang, champ in choisies.items() if champ == "nom"), None)
    if rang_nom is None:
        # A list that names its organisations only.
        rang_organisme = next((rang for rang, champ in choisies.items() if champ == "organisme"), None)
        if rang_organisme is not None:
            choisies[rang_organisme] = "nom"
        return
    noms = _valeurs(analyse, rang_nom)
    if _part(noms, lambda v: (normaliser(v).split() or [""])[0] in _GENERIQUES) < 0.3:
        return
    for colonne in analyse.colonnes:
        champ = champ_de_l_entete(colonne.entete)[0]
        if champ in ("nom", "organisme") and choisies.get(colonne.rang, "organisme") == "organisme":
            choisies[colonne.rang] = "nom"
            raisons[colonne.entete] = "complète le nom, qui ne dit pas de quel organisme il s’agit"
            return


def _cle(analyse: Analyse, choisies: dict[int, str], raisons: dict[str, str]) -> None:
    """The identifier of the line: one column, or several together, when every line has its own."""
    rangees = [r for r in analyse.echantillon if not r.defaut]
    for rang, champ in choisies.items():
        if champ in ("finess", "uai", "safir") and all(r.cellule(rang) for r in rangees):
            return
    candidates = []
    for colonne in analyse.colonnes:
        champ, confiance = champ_de_l_entete(colonne.entete)
        mots = set(normaliser(colonne.entete).split())
        exacte = champ == "cle" and confiance == 1
        if colonne.rang not in choisies and (exacte or (confiance < 1 and mots & _CLES_PARTIELLES)):
            candidates.append(colonne)

    def distinctes(colonnes: list[Colonne]) -> bool:
        cles = ["/".join(filter(None, (r.cellule(c.rang) for c in colonnes))) for r in rangees]
        return bool(cles) and all(cles) and len(set(cles)) == len(cles)

    for essai in (*([c] for c in candidates), candidates):
        if essai and distinctes(essai):
            for colonne in essai:
                choisies[colonne.rang] = "cle"
                raisons[colonne.entete] = "chaque ligne a le sien"
            return
