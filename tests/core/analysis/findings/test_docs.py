"""docs/findings.md and the registry say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policygen.core.analysis.findings import registry
from policygen.core.conflicts import Severity
from policygen.policies.drafting.findings import DRAFT_CODES
from tests.core.analysis.findings.seeded import SEEDED
from tests.core.analysis.findings.subjects import found

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "findings.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(?P<code>[a-z-]+)` \| (?P<cells>.*) \|$", re.MULTILINE)
ROWS = {row["code"]: row["cells"].split(" | ") for row in ROW.finditer(TEXT)}


def test_every_code_stands_there_once() -> None:
    codes = [row["code"] for row in ROW.finditer(TEXT)]
    assert sorted(codes) == sorted([*registry.CODES, *DRAFT_CODES, *registry.RETIRED])


@pytest.mark.parametrize("code", sorted({**registry.CODES, **DRAFT_CODES, **registry.RETIRED}))
def test_a_code_means_what_is_written_there(code: str) -> None:
    meaning = {**registry.CODES, **DRAFT_CODES, **registry.RETIRED}[code]
    assert meaning in ROWS[code]


def test_codes_of_drafts_are_no_codes_of_documents() -> None:
    assert not DRAFT_CODES.keys() & (registry.CODES.keys() | registry.RETIRED.keys())


@pytest.mark.parametrize("code", sorted(SEEDED))
def test_a_finding_is_as_grave_as_is_written_there(code: str) -> None:
    written = {severity for severity in Severity if severity in ROWS[code][0]}
    assert {finding.severity for finding in found(SEEDED[code].bad, code)} <= written
