"""A clause folder on disk to break in every way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VOCABULARY = """\
# What can be asked.
questions:
  - id: practice_name
    kind: name
    page: practice
    required: true
    ask: What is your name?
  - id: data
    kind: many
    page: data
    ask: What do you keep?
    groups: {identity: Who someone is, health: Health}
    options:
      - {id: name, group: identity, label: Name, help: A name., phrase: your name}
      - {id: records, group: health, label: Records, help: Records., phrase: your records}
"""
SECTIONS = """\
title: Privacy policy
language: en
sections:
  - {id: about, title: About this policy}
  - {id: collect, title: What we collect}
"""
SPEAKER = """\
---
title: Who speaks
order: 10
models: [dentx-01]
claims: []
---
{{ practice }} cares.

See [What we collect](#collect).
"""
DATA = """\
---
title: What we keep
order: 10
when: {any: [data]}
claims: [collect(data)]
---
We keep {{ data | listing }}.
"""


def make(folder: Path) -> Path:
    """Write a small library without mistakes."""
    write(folder, "vocabulary.yaml", VOCABULARY)
    write(folder, "sections.yaml", SECTIONS)
    write(folder, "about/speaker.md", SPEAKER)
    write(folder, "collect/data.md", DATA)
    return folder


def write(folder: Path, name: str, text: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
    write(folder, name, text.replace(old, new))


def write_library(folder: Path, plain: dict[str, Any]) -> Path:
    """Write a library given in its plain form. JSON is YAML, too."""
    lists = {key: plain[key] for key in ("title", "language", "sections")}
    write(folder, "sections.yaml", json.dumps(lists, indent=1))
    write(folder, "vocabulary.yaml", json.dumps({"questions": plain["questions"]}, indent=1))
    for clause in plain["clauses"]:
        front = {k: v for k, v in clause.items() if k not in {"slug", "section", "version", "body"}}
        text = f"---\n{json.dumps(front, indent=1)}\n---\n{clause['body']}\n"
        write(folder, f"{clause['section']}/{clause['slug']}.md", text)
    for regime in plain.get("regimes", ()):
        rest = {key: value for key, value in regime.items() if key != "id"}
        write(folder, f"regimes/{regime['id']}.yaml", json.dumps(rest, indent=1))
    if "conflicts" in plain:
        conflicts = {"conflicts": plain["conflicts"]}
        write(folder, "conflicts.yaml", json.dumps(conflicts, indent=1))
    return folder
