"""Publishing a policy against the bare PDF of the same document.

Run it with ``make bench`` or ``python -m bench.publishing``. A process with a database of its own
(one SQLite file) does what ``publishing_run`` says.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = "import django; django.setup(); from bench.publishing_run import measure; measure()"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "policygen.settings",
            "POLICYGEN_DATA_DIR": folder,
            "POLICYGEN_DEBUG": "false",
        }
        environment.pop("DATABASE_URL", None)
        for command in (["manage.py", "migrate", "--verbosity", "0"], ["-c", RUN]):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
