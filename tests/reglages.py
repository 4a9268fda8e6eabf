"""The portal's settings, over a temporary ``var``.

pytest-django reads the settings before any conftest: the folder has to be chosen here.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "PCTI_VAR" not in os.environ:
    os.environ["PCTI_VAR"] = tempfile.mkdtemp(prefix="pcti-tests-")
    atexit.register(shutil.rmtree, os.environ["PCTI_VAR"], ignore_errors=True)
# Tests played in parallel share neither cache nor documents.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["PCTI_VAR"] = str(Path(os.environ["PCTI_VAR"]) / os.environ["PYTEST_XDIST_WORKER"])

from pcti.settings import *  # noqa: F403
from pcti.settings import STATIC_ROOT

# The real hash is slow on purpose; nothing tested here depends on it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)
