"""A measurement in a process of its own, with a database of its own: one new SQLite file."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = "import django; django.setup(); from bench.{} import measure; measure()"


def measure(module: str) -> None:
    """Do what ``measure`` of a module of this folder does, which prints its table."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "policygen.settings",
            "POLICYGEN_DATA_DIR": folder,
            "POLICYGEN_DEBUG": "false",
        }
        environment.pop("DATABASE_URL", None)
        for command in (["manage.py", "migrate", "--verbosity", "0"], ["-c", RUN.format(module)]):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)
