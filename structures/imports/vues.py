"""What one run has already seen, kept out of memory: a list may hold hundreds of thousands of lines."""

import sqlite3
from collections.abc import Iterable, Sequence


class Vues:
    """A private temporary database on disk, gone with the object."""

    def __init__(self) -> None:
        # An empty name: SQLite makes the file, spills to it what exceeds its cache, and deletes it.
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-2000;"
            "CREATE TABLE cles (cle TEXT PRIMARY KEY, ligne INTEGER) WITHOUT ROWID;"
            "CREATE TABLE structures (pk INTEGER PRIMARY KEY);"
            "CREATE TABLE dites (pk INTEGER PRIMARY KEY);"
            "BEGIN;"
        )
        self.types: set[str] = set()
        self.departements: set[str] = set()

    def deja(self, cle: str, ligne: int) -> int | None:
        """The line that bore this key before, or None: the key is then this line's."""
        if self._base.execute("INSERT OR IGNORE INTO cles VALUES (?, ?)", (cle, ligne)).rowcount:
            return None
        return int(self._base.execute("SELECT ligne FROM cles WHERE cle = ?", (cle,)).fetchone()[0])

    def voir(self, pks: Iterable[int]) -> None:
        """These structures are in the file."""
        self._base.executemany("INSERT OR IGNORE INTO structures VALUES (?)", ((pk,) for pk in pks))

    def dire(self, pks: Iterable[int]) -> None:
        """A line of the file spoke of these structures: another one says nothing more of them."""
        self._base.executemany("INSERT OR IGNORE INTO dites VALUES (?)", ((pk,) for pk in pks))

    def parmi(self, pks: Sequence[int]) -> set[int]:
        """Those of these structures that the file holds."""
        return self._parmi("SELECT 1 FROM structures WHERE pk = ?", pks)

    def dites_parmi(self, pks: Sequence[int]) -> set[int]:
        """Those of these structures that a line of a former lot spoke of."""
        return self._parmi("SELECT 1 FROM dites WHERE pk = ?", pks)

    def _parmi(self, requete: str, pks: Sequence[int]) -> set[int]:
        return {pk for pk in pks if self._base.execute(requete, (pk,)).fetchone()}

    def fermer(self) -> None:
        """Give the disk back."""
        self._base.close()
