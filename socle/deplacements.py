"""What a merge moved, row by row, so that it can be undone exactly.

A merge is done by branches of several floors (`socle.prises.fusions`). Each one writes through the
same `Carnet`, which keeps the value before and after of everything it changes, in order. Undoing
goes back from the last to the first, and only where each value is still the one the merge left.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

# (model, field) that a branch declares to handle: "offres.Offre.structure".
_SUIVIS: set[str] = set()
# Models whose rows the portal writes again by itself: where they changed since, they stay so.
_SOUPLES: set[str] = set()


class RetourImpossible(Exception):
    """The rows are no longer as the merge left them; `obstacles` says which, in words."""

    def __init__(self, obstacles: list[str]) -> None:
        super().__init__(" ".join(obstacles))
        self.obstacles = obstacles


@dataclass(frozen=True)
class Deplacement:
    """One value of one row. `champ` empty: the row itself was removed (`avant`) or added (`apres`)."""

    modele: str
    pk: str
    champ: str
    avant: Any
    apres: Any


def couvrir(*champs: str) -> None:
    """Declare foreign keys (« app.Model.field ») that a branch takes care of when structures merge."""
    _SUIVIS.update(champs)


def negliger(*modeles: str) -> None:
    """Declare models (« app.Model ») that never keep a merge from being undone."""
    _SOUPLES.update(modeles)


def couverts() -> frozenset[str]:
    """The foreign keys that some branch takes care of (a test compares them with those that exist)."""
    return frozenset(_SUIVIS)


class Carnet:
    """Writes and remembers. Call it inside the transaction of the merge."""

    def __init__(self) -> None:
        self.deplacements: list[Deplacement] = []
        # What followed, and what stays with the absorbed structure: short phrases for people.
        self.mots: list[str] = []
        self.restes: list[str] = []

    def ecrire(self, ligne: models.Model, **valeurs: Any) -> None:
        """Change columns of a row (by attribute name) with its history, if it keeps one."""
        changes = [nom for nom, valeur in valeurs.items() if getattr(ligne, nom) != valeur]
        for nom in changes:
            avant = _valeur(ligne, nom)
            setattr(ligne, nom, valeurs[nom])
            self._noter(ligne, nom, avant, _valeur(ligne, nom))
        if changes:
            ligne.save(update_fields=[_champ(type(ligne), nom).name for nom in changes])

    def deplacer(self, lignes: Iterable[models.Model], champ: str, vers: models.Model) -> int:
        """Point rows to another object; returns how many."""
        nombre = 0
        for ligne in lignes:
            self.ecrire(ligne, **{champ: vers.pk})
            nombre += 1
        return nombre

    def echanger(self, une: models.Model, autre: models.Model, champ: str) -> None:
        """Exchange a foreign key between two rows that a unique constraint keeps from sharing it.

        It passes by a key that exists nowhere: foreign keys are checked when the transaction ends.
        """
        de_une, de_l_autre = getattr(une, champ), getattr(autre, champ)
        self.ecrire(une, **{champ: -1})
        self.ecrire(autre, **{champ: de_une})
        self.ecrire(une, **{champ: de_l_autre})

    def retirer(self, ligne: models.Model) -> None:
        """Delete a row; all its columns are kept here."""
        valeurs = {champ.attname: _valeur(ligne, champ.attname) for champ in ligne._meta.concrete_fields}
        self._noter(ligne, "", valeurs, None)
        ligne.delete()

    def ajouter(self, ligne: models.Model) -> None:
        """Save a new row."""
        ligne.save(force_insert=True)
        self._noter(ligne, "", None, {})

    def _noter(self, ligne: models.Model, champ: str, avant: Any, apres: Any) -> None:
        self.deplacements.append(Deplacement(ligne._meta.label, str(ligne.pk), champ, avant, apres))

    def en_json(self) -> list[dict[str, Any]]:
        """The records, to be stored."""
        return [asdict(deplacement) for deplacement in self.deplacements]


def defaire(deplacements: Iterable[dict[str, Any]]) -> None:
    """Give every row back its value, from the last change to the first. In a transaction.

    Raises RetourImpossible, and leaves everything as it is, when something changed since.
    """
    obstacles: list[str] = []
    with transaction.atomic():
        for brut in reversed(list(deplacements)):
            obstacle = _defaire(Deplacement(**brut))
            if obstacle and obstacle not in obstacles and brut["modele"] not in _SOUPLES:
                obstacles.append(obstacle)
        if obstacles:
            raise RetourImpossible(obstacles)


def _defaire(fait: Deplacement) -> str:
    """Undo one change; the obstacle in words, or nothing."""
    modele = apps.get_model(fait.modele)
    ligne = modele._base_manager.select_for_update().filter(pk=fait.pk).first()
    nom = str(modele._meta.verbose_name)
    if not fait.champ and fait.apres is None:
        return (
            _remettre(modele, fait.avant) if ligne is None else f"Une autre ligne «\u00a0{nom}\u00a0» a pris sa place."
        )
    if ligne is None:
        return f"«\u00a0{nom}\u00a0» n°\u00a0{fait.pk} n’existe plus."
    if not fait.champ:
        ligne.delete()
        return ""
    champ = _champ(modele, fait.champ)
    if _valeur(ligne, fait.champ) != fait.apres:
        return f"«\u00a0{ligne}\u00a0» ({nom})\u00a0: {champ.verbose_name} a changé depuis."
    setattr(ligne, fait.champ, _lire(champ, fait.avant))
    try:
        with transaction.atomic():
            ligne.save(update_fields=[champ.name])
    except IntegrityError:
        return f"«\u00a0{ligne}\u00a0» ({nom})\u00a0: une autre ligne a pris sa place depuis."
    return ""


def _remettre(modele: type[models.Model], valeurs: dict[str, Any]) -> str:
    lues = {nom: _lire(_champ(modele, nom), valeur) for nom, valeur in valeurs.items()}
    ligne = modele(**lues)
    try:
        with transaction.atomic():
            ligne.save(force_insert=True)
            # Dates that Django writes by itself when a row is added.
            modele._base_manager.filter(pk=ligne.pk).update(**lues)
    except IntegrityError:
        return f"«\u00a0{ligne}\u00a0» ({modele._meta.verbose_name})\u00a0: une autre ligne a pris sa place depuis."
    return ""


def _champ(modele: type[models.Model], nom: str) -> Any:
    """A concrete field by its name or the name of its column."""
    return next(c for c in modele._meta.concrete_fields if nom in (c.name, c.attname))


def _valeur(ligne: models.Model, nom: str) -> Any:
    champ = _champ(type(ligne), nom)
    return None if getattr(ligne, champ.attname) is None else champ.value_to_string(ligne)


def _lire(champ: Any, valeur: Any) -> Any:
    return None if valeur is None else champ.to_python(valeur)
