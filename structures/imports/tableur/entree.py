"""Any spreadsheet among the lists that the portal reads: the last tried, with a page to pass through."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from structures.imports.fiche import Avancer, Lue, SourceImport
from structures.imports.sources import Entree
from structures.imports.tableur.fichier import format_du_tableau
from structures.imports.tableur.plan import Plan, depuis_json
from structures.imports.tableur.traduction import lire
from structures.models import Structure

GENRE = "tableur"
LIBELLE = "Tableau (CSV, Excel, LibreOffice)"


def reconnaitre(chemin: Path, debut: bytes) -> bool:
    """Whatever a spreadsheet program writes. Raises FichierIllisible, saying why, for anything else."""
    return bool(format_du_tableau(chemin))


def source_de(plan: Plan) -> SourceImport:
    """The list that this plan reads."""

    def lire_la_liste(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
        return lire(chemin, plan, avancer)

    return SourceImport(
        genre=GENRE,
        libelle=plan.liste,
        source=Structure.Source.TABLEUR,
        lire=lire_la_liste,
        liste=plan.liste,
        champs=plan.champs_remplis(),
        complet=plan.complete,
    )


def source(parametres: Mapping[str, Any]) -> SourceImport:
    """The list that an import kept the plan of."""
    return source_de(depuis_json(parametres.get("plan") or {}))


ENTREES = (Entree(GENRE, LIBELLE, reconnaitre, source, suite="structures:colonnes", rang=99),)
