"""docs/operating.md says what is so: its settings, commands, files and links.

Its lines for backup and restore are run by tests/faults/test_backup.py, on both databases.
"""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess

import pytest
from django.core.management import get_commands, load_command_class

from tests.deployment.composed import HOST, ROOT, read

TEXT = (ROOT / "docs/operating.md").read_text()
COMMANDS = [line.strip() for line in re.findall(r"^    (.+)$", TEXT, re.MULTILINE)]
SETTINGS = TEXT.partition("## Settings")[2].partition("\n## ")[0]


def documented() -> set[str]:
    """Return the variables of the table, those in files too."""
    found = set()
    for row in re.findall(r"^\| (`[A-Z][^|]*)\|", SETTINGS, re.MULTILINE):
        names = re.findall(r"`([A-Z][A-Z0-9_]+)`", row)
        found |= {name if name[0] != "_" else names[0] + name for name in names}
        if "`_FILE`" in row:
            found.add(f"{names[0]}_FILE")
    return found


def test_the_table_of_settings_names_those_that_there_are() -> None:
    known = set(runpy.run_path(str(ROOT / "policygen/settings.py"))["_names"])
    assert documented() == known


def test_every_command_of_ours_exists_and_takes_the_options_that_are_shown() -> None:
    shown = [line.partition("manage.py ")[2] for line in COMMANDS if "manage.py " in line]
    assert len(shown) > 20
    for line in shown:
        name, *words = shlex.split(line.partition(" > ")[0].replace("...", "x"))
        command = load_command_class(get_commands()[name], name)
        parser = command.create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        assert {w.partition("=")[0] for w in words if w.startswith("--")} <= known, line


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\bsetup/[\w./]+\w|compose\.yaml", TEXT))))
def test_every_file_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).is_file()


def test_every_service_that_is_named_is_in_compose() -> None:
    services = set(read({"SITE_HOST": HOST})["services"])
    lines = [line for line in TEXT.splitlines() if "docker compose " in line]
    named = set()
    for line in lines:
        words = re.sub(r"`.*", "", line.partition("docker compose ")[2]).split()
        if words[0] in {"exec", "run"}:
            plain = [w for w in words[1:] if not w.startswith(("-", '"', "'"))]
            named.add(plain[0])
    assert named
    assert named <= services


def test_every_link_leads_somewhere() -> None:
    headings = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        file, _, anchor = target.partition("#")
        assert not file or (ROOT / "docs" / file).exists(), target
        assert not anchor or anchor in anchors, target


def test_one_container_may_take_as_long_to_end_as_what_runs_in_it() -> None:
    line = next(line for line in COMMANDS if line.startswith("docker run "))
    given = int(line.partition("--stop-timeout ")[2].split()[0])
    together = runpy.run_path(str(ROOT / "setup/container/together.py"))
    assert given > together["PATIENCE"]
    assert "--restart unless-stopped" in line


def test_files_are_put_into_a_bucket_before_the_site_looks_for_them_there() -> None:
    text = TEXT.partition("To move from the folder to a bucket:")[2].partition("The other way")[0]
    assert text.index("restore_files") < text.index("then start it")
    assert "start it" not in text.partition("restore_files")[0]


def test_it_says_how_much_memory_the_containers_may_take() -> None:
    units = {"m": 1, "g": 1024}
    limits = {
        name: int(said["mem_limit"][:-1]) * units[said["mem_limit"][-1]]
        for name, said in read({"SITE_HOST": HOST})["services"].items()
    }
    ends = limits.pop("migrate")
    assert f"comes to {sum(limits.values()) / 1024:.1f} GiB in all" in TEXT
    assert f"{ends / 1024:.0f} GiB for `migrate`, which ends" in TEXT


@pytest.mark.parametrize(
    ("given", "works"), [({}, True), ({"REDIS_URL": "x"}, False), ({"REDIS_URL_FILE": "x"}, False)]
)
def test_make_run_works_on_batches_unless_workers_do(given: dict[str, str], works: bool) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REDIS_")}
    done = subprocess.run(
        ["make", "--dry-run", "run"],
        cwd=ROOT,
        env={**kept, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ("manage.py work" in done.stdout) is works


def test_it_says_all_that_an_operator_asks() -> None:
    for heading in ("Sizes", "Settings", "Backup and restore", "Upgrade", "Keys", "Monitoring"):
        assert f"\n## {heading}\n" in TEXT
