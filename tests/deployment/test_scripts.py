"""The small programs in setup/container."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.deployment.composed import ROOT

TOGETHER = [sys.executable, ROOT / "setup/container/together.py"]
HEALTH = [sys.executable, ROOT / "setup/container/healthcheck.py"]


def wait_for(path: Path) -> str:
    """Wait until a program has written its number."""
    end = time.monotonic() + 120
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < end, path
        time.sleep(0.02)
    return path.read_text().strip()


def lasting(folder: Path, name: str) -> list[str]:
    """Return a program that says its number and goes on until it is told to end."""
    return ["sh", "-c", f"echo $$ > {folder}/{name}; exec sleep 300"]


def is_gone(number: str) -> bool:
    return not Path(f"/proc/{number}").exists()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_programs_side_by_side_end_together_when_they_are_told(told: int, tmp_path: Path) -> None:
    both = [*lasting(tmp_path, "a"), "+", *lasting(tmp_path, "b")]
    running = subprocess.Popen([*TOGETHER, *both])
    numbers = [wait_for(tmp_path / name) for name in "ab"]
    running.send_signal(told)
    assert running.wait(timeout=120) == 0
    assert all(map(is_gone, numbers))


@pytest.mark.parametrize("code", [0, 3])
def test_when_one_of_them_ends_the_others_end_and_its_code_is_theirs(
    code: int, tmp_path: Path
) -> None:
    wait = f"until [ -s {tmp_path}/a ]; do sleep 0.05; done; exit {code}"
    both = [*lasting(tmp_path, "a"), "+", "sh", "-c", wait]
    running = subprocess.Popen([*TOGETHER, *both])
    assert running.wait(timeout=120) == code
    assert is_gone(wait_for(tmp_path / "a"))


def test_a_program_that_is_not_there_starts_nothing_that_stays(tmp_path: Path) -> None:
    both = [*lasting(tmp_path, "a"), "+", "/no/such/program"]
    done = subprocess.run([*TOGETHER, *both], capture_output=True, check=False, timeout=120)
    assert done.returncode == 127
    assert done.stderr == b"together: /no/such/program: No such file or directory\n"
    number = (tmp_path / "a").read_text().strip() if (tmp_path / "a").exists() else ""
    assert not number or is_gone(number), "it may have been ended before it could say its number"


@pytest.mark.parametrize("words", [[], ["+"], ["true", "+"]])
def test_without_a_program_it_says_how_it_is_used(words: list[str]) -> None:
    done = subprocess.run([*TOGETHER, *words], capture_output=True, check=False, timeout=120)
    assert done.returncode == 1
    assert b"side by side" in done.stderr


def test_beat_is_well_while_it_writes_and_not_when_it_has_stopped(tmp_path: Path) -> None:
    asked = [*HEALTH, "beat", str(tmp_path / "beat-schedule")]
    missing = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (missing.returncode, missing.stderr) == (1, "beat has written nothing yet\n")
    note = tmp_path / "beat-schedule.db"
    note.touch()
    assert subprocess.run(asked, check=False).returncode == 0
    an_hour_ago = note.stat().st_mtime - 3600  # by the machine's clock, which tests may put back
    os.utime(note, (an_hour_ago, an_hour_ago))
    late = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert late.returncode == 1
    assert "nothing for 36" in late.stderr


def test_the_server_is_not_well_where_nobody_answers() -> None:
    environment = {"POLICYGEN_ALLOWED_HOSTS": "policies.example.org", "PORT": "1"}
    done = subprocess.run(HEALTH, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("no answer")


def test_a_worker_is_not_well_while_the_broker_is_away(tmp_path: Path) -> None:
    url = tmp_path / "redis_url"
    url.write_text("redis://:sesame@127.0.0.1:1/0\n")
    done = subprocess.run(
        [sys.executable, ROOT / "setup/container/worker_healthcheck.py"],
        env={"REDIS_URL_FILE": str(url)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the broker does not answer" in done.stderr
    assert "sesame" not in done.stderr


def test_of_the_daily_tasks_one_that_fails_keeps_no_other_from_being_done(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$2" >> {tmp_path}/done\n[ "$2" != clearsessions ]\n')
    python.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run([ROOT / "setup/container/daily.sh"], env=environment, check=False)
    assert done.returncode == 1
    tasks = (tmp_path / "done").read_text().split()
    assert tasks == ["purge_drafts", "purge_batches", "clearsessions", "sweep_files", "remind"]
