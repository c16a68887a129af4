"""Maple Street Dental and its small library, in files and in force."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from django.core.management import CommandError, call_command

from tests.core.small import DESK, MAILBOX, OFFICE, SAMPLE
from tests.library.folders import write_library

MAPLE: dict[str, Any] = {
    "practice_name": "Maple Street Dental",
    "short_name": "Maple",
    "motto": "we care",
    "website": "https://example.com",
    "since": "2012-05-17",
    "years": "7",
    "countries": ["Peru", "Chile"],
    "country": "peru",
    "data": ["birthday", "records"],
    "uses": ["treat", "remind"],
    "locations": [{"name": "North", "address": ["1 Elm", "Ulm"]}],
    "contact_points": {**OFFICE, **DESK, **MAILBOX},
    "contacts": {"questions": {"points": ["desk", "office"]}, "fax-opt-out": ["mailbox"]},
}


def write_clauses(folder: Path) -> Path:
    plain = SAMPLE.to_json()
    plain["questions"] = [{**q, "groups": dict(q["groups"])} for q in plain["questions"]]
    return write_library(folder, plain)


def write_answers(path: Path, **changes: Any) -> Path:
    raw = {name: value for name, value in {**MAPLE, **changes}.items() if value is not None}
    text = yaml.safe_dump({"answers": raw}, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return path


def failure(command: str, *arguments: object, **options: Mapping[str, Any]) -> str:
    """Return the message with which a command fails; it must fail with the status 1."""
    try:
        call_command(command, *map(str, arguments), stdout=StringIO(), **options)
    except CommandError as error:
        return str(error) if error.returncode == 1 else f"status {error.returncode}"
    return "no failure"
