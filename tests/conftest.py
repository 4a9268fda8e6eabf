"""What all tests share: a temporary ``var``, chosen before Django reads its settings."""

import os
import tempfile
from pathlib import Path

import pytest

# Set at import: pytest-django reads the settings right after.
os.environ.setdefault("PCTI_VAR", tempfile.mkdtemp(prefix="pcti-tests-"))
# Tests played in parallel share neither cache nor documents.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["PCTI_VAR"] = str(Path(os.environ["PCTI_VAR"]) / os.environ["PYTEST_XDIST_WORKER"])

RACINE = Path(__file__).resolve().parent.parent
PARTAGE = RACINE.parent / "shared"


@pytest.fixture
def donnees_partagees() -> Path:
    """The folder of real public files beside the project, when it is there."""
    dossier = PARTAGE / "data"
    if not dossier.is_dir():
        pytest.skip("les fichiers publics de ../shared/data ne sont pas sur cette machine")
    return dossier
