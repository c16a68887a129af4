"""The small library with a law, a conflict, and what a clause and a section say of them."""

from __future__ import annotations

from pathlib import Path

from tests.library.folders import change, write

REGIME = """\
# Read the law on the day that stands below, then change it.
name: The Law of Testland
jurisdiction: Testland
authority: Office of Testland
law_as_of: "2026-01-31"
when: {any: [data]}
elements:
  # The first thing that it asks for.
  - id: testland-1
    title: What is kept
    states: Which data is kept.
    citation: Testland Act, section 1
    duty: required
  - id: testland-2
    title: Whom to ask
    states: Whom people can ask.
    citation: Testland Act, section 2
    when:
      - {all: [data:name]}
      - {all: [data:records]}
    duty: recommended
    wording: ["Ask [name].", We answer.]
    confidence: low
    doubt: Whether the act asks for it at all.
"""
CONFLICTS = """\
# Answers that do not go together.
conflicts:
  # Somebody must choose.
  - id: name-without-records
    severity: blocks
    when: {all: [data:name], none: [data:records]}
    says: You keep names, but no records.
    mend: Choose which of both is true.
    why: A test needs it.
    citations: [Testland Act]
    models: [dentx-c01]
"""


def with_laws(folder: Path) -> Path:
    """Add a law, a conflict, and what clauses and sections say of them to the small library."""
    write(folder, "regimes/testland.yaml", REGIME)
    write(folder, "conflicts.yaml", CONFLICTS)
    change(folder, "collect/data.md", "claims:", "satisfies: [testland-1]\nclaims:")
    change(
        folder,
        "sections.yaml",
        "title: What we collect}",
        "title: What we collect, needed: {any: [data]}}",
    )
    return folder
