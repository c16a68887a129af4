"""Faults in numbers that tests have no time for.

    python -m bench.faults kills 200
    python -m bench.faults acknowledged 10000
    python -m bench.faults corrupted 5000
    python -m bench.faults killed-workers 400
    python -m bench.faults asked-twice 100
    python -m bench.faults broker 400

``kills`` kills processes that publish after random steps, on SQLite and on PostgreSQL;
``acknowledged`` kills a PostgreSQL server under so many acknowledged writes; ``corrupted`` damages
stored JSON so many times and opens pages. The last three are about batches of so many policies, on
PostgreSQL and Redis: ``killed-workers`` kills the workers ten times, ``asked-twice`` lets two
publish each policy at once, and ``broker`` stops Redis for a minute and freezes it for another.
Each works on a site of its own and prints what it found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(command: list[str], database: str, folder: Path) -> None:
    """Run a Python command on a site; it must succeed."""
    environment = {name: value for name, value in os.environ.items() if name[:10] != "POLICYGEN_"}
    environment |= {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "policygen.settings",
        "POLICYGEN_CLAUSES_DIR": str(ROOT / "tests/wizard/library"),
        "POLICYGEN_DATA_DIR": str(folder),
        "POLICYGEN_DEBUG": "0",
    }
    subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)


@contextmanager
def temporary() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="policygen-faults-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def on_sqlite(trial: str, times: int) -> None:
    with temporary() as folder:
        database = f"sqlite:///{folder}/site.sqlite3"
        run(["manage.py", "migrate", "--verbosity", "0"], database, folder)
        run(["-m", "bench.faults_run", trial, str(times)], database, folder)


def on_postgresql(trial: str, times: int) -> None:
    words = ["setup/postgres_cluster.py", sys.executable, "-m", "bench.faults", f"{trial}-there"]
    subprocess.run([sys.executable, *words, str(times)], cwd=ROOT, check=True)


def there(trial: str, times: int) -> None:
    with temporary() as folder:
        database = os.environ["DATABASE_URL"]
        run(["manage.py", "migrate", "--verbosity", "0"], database, folder)
        run(["-m", "bench.faults_run", trial, str(times)], database, folder)


def main(trial: str, times: int) -> None:
    """Try it, on whichever database it is about."""
    if trial.endswith("-there"):
        there(trial.removesuffix("-there"), times)
    elif trial == "acknowledged":
        with temporary() as folder:
            run(["-m", "bench.faults_run", trial, str(times)], "", folder)
    elif trial in {"kills", "corrupted"}:
        on_sqlite(trial, times)
        on_postgresql(trial, times)
    elif trial in {"killed-workers", "asked-twice", "broker"}:
        on_postgresql(trial, times)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[2].isdecimal():
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]))
