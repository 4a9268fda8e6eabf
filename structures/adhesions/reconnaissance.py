"""Which structure does each line of a list mean: by number, else by name and town. In a few queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from socle.recherche import normaliser
from structures.adhesions.lecture import LigneLue
from structures.models import Structure
from structures.territoires.models import Commune
from structures.territoires.noms import normaliser_nom, sans_cedex

LOT = 500
# Names of the same town that are near enough to be proposed, never chosen by themselves.
RESSEMBLANCE = 82.0
PROPOSEES = 5


@dataclass(frozen=True)
class Reponse:
    """One structure when it is sure; several (or one that only looks like it) to choose from; or why not."""

    structure: Structure | None = None
    candidates: Sequence[Structure] = ()
    raison: str = ""


@dataclass
class _Annuaire:
    """What the lines may mean, read once."""

    par_numero: dict[tuple[str, str], list[Structure]] = field(default_factory=lambda: defaultdict(list))
    par_nom: dict[str, list[Structure]] = field(default_factory=lambda: defaultdict(list))
    par_ville: dict[str, list[Structure]] = field(default_factory=lambda: defaultdict(list))


def reconnaitre(lignes: Sequence[LigneLue]) -> list[Reponse]:
    """One answer per line, in order. The number of queries follows the lots of 500, not the lines."""
    annuaire = _lire(lignes)
    return [_reponse(ligne, annuaire) for ligne in lignes]


def _lots(valeurs: Iterable[str]) -> Iterable[list[str]]:
    liste = sorted(set(valeurs))
    for debut in range(0, len(liste), LOT):
        yield liste[debut : debut + LOT]


def _lire(lignes: Sequence[LigneLue]) -> _Annuaire:
    annuaire = _Annuaire()
    champs = ("id", "nom", "nom_recherche", "type", "finess", "siret", "uai", "fermee_le", "code_postal")
    liees = Structure.objects.select_related("commune", "fusionnee_dans__commune").only(
        *champs, "commune__nom", "commune__nom_recherche",
        *(f"fusionnee_dans__{champ}" for champ in champs), "fusionnee_dans__commune__nom",
    )  # fmt: skip
    for genre in ("finess", "siret", "uai"):
        for lot in _lots(n[genre] for ligne in lignes if genre in (n := ligne.numeros)):
            for structure in liees.filter(**{f"{genre}__in": lot}):
                annuaire.par_numero[genre, getattr(structure, genre)].append(structure)
    lectures = [lecture for ligne in lignes for lecture in ligne.lectures()]
    ouvertes = liees.ouvertes()
    for lot in _lots(normaliser(nom)[:200] for nom, _ in lectures if nom):
        for structure in ouvertes.filter(nom_recherche__in=lot):
            annuaire.par_nom[structure.nom_recherche].append(structure)
    for lot in _lots(_ville(ville) for _, ville in lectures if ville):
        connues = Commune.objects.filter(nom_recherche__in=lot)
        for structure in ouvertes.filter(commune__in=connues):
            annuaire.par_ville[structure.commune.nom_recherche].append(structure)
    return annuaire


def _ville(texte: str) -> str:
    return sans_cedex(normaliser_nom(texte))


def _reponse(ligne: LigneLue, annuaire: _Annuaire) -> Reponse:
    for genre, numero in ligne.numeros.items():
        trouvees = annuaire.par_numero.get((genre, numero), [])
        if trouvees:
            return _par_numero(trouvees)
    if not ligne.structure:
        raison = "Aucune structure n’a ce numéro." if ligne.numeros else "La structure n’est pas indiquée."
        return Reponse(raison=raison)
    for nom, ville in ligne.lectures():
        reponse = _par_nom(normaliser(nom)[:200], _ville(ville), ligne.code_postal, annuaire)
        if reponse is not None:
            return reponse
    proches = _ressemblantes(ligne, annuaire)
    if proches:
        return Reponse(candidates=proches, raison="Le nom ressemble, sans être le même.")
    if not any(ville for _, ville in ligne.lectures()):
        return Reponse(raison="Aucune structure n’a ce nom. Ajoutez la ville, ou un numéro FINESS, SIRET ou UAI.")
    return Reponse(
        raison="Aucune structure de cette ville n’a ce nom. Un numéro FINESS, SIRET ou UAI serait plus sûr."
    )


def _par_numero(trouvees: Sequence[Structure]) -> Reponse:
    vivantes = {}
    for structure in trouvees:
        gardee = structure.fusionnee_dans or structure
        if gardee.fermee_le is None:
            vivantes[gardee.pk] = gardee
    if not vivantes:
        return Reponse(raison=f"{trouvees[0].nom} est fermée.")
    if len(vivantes) == 1:
        return Reponse(structure=next(iter(vivantes.values())))
    return Reponse(candidates=list(vivantes.values())[:PROPOSEES], raison="Plusieurs structures ont ce numéro.")


def _par_nom(nom: str, ville: str, code_postal: str, annuaire: _Annuaire) -> Reponse | None:
    trouvees = annuaire.par_nom.get(nom, [])
    if ville:
        trouvees = [s for s in trouvees if s.commune.nom_recherche == ville]
    elif code_postal:
        trouvees = [s for s in trouvees if s.code_postal == code_postal] or trouvees
    if not trouvees:
        return None
    if len(trouvees) == 1:
        return Reponse(structure=trouvees[0])
    return Reponse(candidates=trouvees[:PROPOSEES], raison="Plusieurs structures portent ce nom.")


def _ressemblantes(ligne: LigneLue, annuaire: _Annuaire) -> list[Structure]:
    notes: dict[int, tuple[float, Structure]] = {}
    for nom, ville in ligne.lectures():
        cherche = normaliser(nom)
        if not ville or not cherche:
            continue
        for structure in annuaire.par_ville.get(_ville(ville), []):
            note = fuzz.token_set_ratio(cherche, structure.nom_recherche)
            if note >= RESSEMBLANCE and note > notes.get(structure.pk, (0.0, structure))[0]:
                notes[structure.pk] = (note, structure)
    meilleures = sorted(notes.values(), key=lambda paire: (-paire[0], paire[1].nom_recherche, paire[1].pk))
    return [structure for _, structure in meilleures[:PROPOSEES]]
