"""The texts of a clause folder, in the layout that people read and review.

What could be read as something else than text (``no``, a date, a number) stands in quotes, so that
a YAML reader other than ours sees the same library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from textwrap import wrap
from typing import Any

import yaml

from policygen.core.clauses import Clause
from policygen.core.conflicts import Conflict
from policygen.core.library import Library, question_to_json
from policygen.core.regimes import Regime
from policygen.core.vocabulary import Kind, Option, Question
from policygen.library.files import CONFLICTS, REGIMES

SECTIONS_FILE = "sections.yaml"
VOCABULARY_FILE = "vocabulary.yaml"

SECTIONS_HEAD = """\
# The document from top to bottom. A section appears only if one of its clauses is selected.
"""
VOCABULARY_HEAD = """\
# Every question that the interview asks and every option that a practice can tick.
# docs/writing-clauses.md explains the format. Ids never change once a release has them.
"""
CONFLICTS_HEAD = """\
# Answers that do not go together, or that a practice should be warned of.
"""
DIVIDER = f"\n  # {'-' * 66} "

FIRST_KEYS = (
    *("id", "page", "kind", "required", "min", "max", "when"),
    *("ask", "help", "example", "groups", "options"),
)
"""The keys of a question in the order of the file; others follow in the order of its plain form."""

ALWAYS_WRITTEN = frozenset({"id", "page", "kind", "ask"})
UNQUOTED = frozenset({"id", "group"})
"""The texts of an option that stand without quotes if they can."""

_blank = question_to_json(Question("", Kind.TEXT, "", "", options=(Option("", "", "", "", ""),)))
OPTION_DEFAULTS: dict[str, Any] = _blank["options"][0]
QUESTION_DEFAULTS: dict[str, Any] = {
    key: value for key, value in _blank.items() if key not in ALWAYS_WRITTEN | {"options"}
} | {"options": []}

CASES = frozenset({"when", "held_when"})
RULE_KEYS = (
    *("id", "severity", "title", "name", "jurisdiction", "authority", "law_as_of", "states"),
    *("citation", "when", "held_when", "unanswered", "duty", "met_by", "wording", "confidence"),
    *("doubt", "says", "mend", "why", "note", "citations", "models"),
)
"""The keys of laws, their elements and conflicts in the order of their files."""
RULE_DEFAULTS = {"met_by": "clauses", "confidence": "high"}
"""What regimes and conflicts say where they say nothing, besides empty texts and lists."""

NAMES = re.compile(r"[a-z](?:[-a-z0-9_.;() ]|:(?=[a-z0-9]))*(?<! )")
"""Atoms and claims. Their colons mean nothing to YAML, since no blank follows."""

OLD_AND_NEW_YAML = re.compile(r"[yYnN]|0o[0-7]+")
"""Truths of YAML 1.1 and numbers of YAML 1.2 that PyYAML takes for texts."""

ENTRY = re.compile(r" {0,2}- \{?id: [\"']?(?P<id>[-a-z0-9_]+)")

LINE_LIMIT = 100
"""The longest line that a text of one paragraph is written on, in characters."""

_emitter = yaml.emitter.Emitter(StringIO(), allow_unicode=True)
_resolver = yaml.resolver.Resolver()


def folder_texts(library: Library, before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the text of each file, by its name in the folder.

    ``before`` maps names to the texts that stand there now: the lines of comment above a section
    or a question stay, since a library does not hold them.
    """
    before = before or {}
    texts = {
        SECTIONS_FILE: _sections_text(library, _remarks(before.get(SECTIONS_FILE))),
        VOCABULARY_FILE: _vocabulary_text(library, _remarks(before.get(VOCABULARY_FILE))),
    }
    for regime in library.regimes:
        name = regime_name(regime)
        texts[name] = rule_text(regime.to_json(), _remarks(before.get(name)))
    if library.conflicts:
        remarks = _remarks(before.get(CONFLICTS))
        texts[CONFLICTS] = _conflicts_text(library.conflicts, remarks)
    return texts | {clause_name(clause): _clause_text(clause) for clause in library.clauses}


def clause_name(clause: Clause) -> str:
    """Return the name of a clause's file in its folder."""
    return f"{clause.section}/{clause.slug}.md"


def regime_name(regime: Regime) -> str:
    """Return the name of a regime's file in its folder."""
    return f"{REGIMES}/{regime.id}.yaml"


def _remarks(text: str | None) -> dict[str, str]:
    """Return the comments and blank lines above each entry by its id; under "" those at the top."""
    remarks: dict[str, str] = {}
    waiting: list[str] = []
    for line in (text or "").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            waiting.append(f"{line.rstrip()}\n")
            continue
        entry = ENTRY.match(line)
        remarks.setdefault(entry["id"] if entry else "", "".join(waiting))
        waiting = []
    return remarks


def _sections_text(library: Library, remarks: Mapping[str, str]) -> str:
    parts = [
        remarks.get("", SECTIONS_HEAD),
        f"title: {_written(library.title)}\n",
        f"language: {_written(library.language)}\n",
        "sections:\n",
    ]
    for section in library.sections:
        plain = section.to_json()
        if "needed" in plain:
            plain["needed"] = _cases(plain["needed"])
        entry = _flow(plain)
        parts += [remarks.get(section.id, ""), f"  - {entry}\n"]
    return "".join(parts)


def _vocabulary_text(library: Library, remarks: Mapping[str, str]) -> str:
    parts = [remarks.get("", VOCABULARY_HEAD), "questions:\n"]
    page = ""
    for question in library.vocabulary.questions:
        divider = f"{DIVIDER}{question.page.replace('_', ' ')}\n" if question.page != page else ""
        page = question.page
        lines = _question_lines(question_to_json(question))
        parts += [remarks.get(question.id, divider), "  - ", "\n    ".join(lines), "\n"]
    return "".join(parts)


def _question_lines(plain: Mapping[str, Any]) -> list[str]:
    """Return the lines of a question, one a key, without those that are as they always are."""
    lines = []
    for key in dict.fromkeys((*FIRST_KEYS, *plain)):
        if key not in plain or plain[key] == QUESTION_DEFAULTS.get(key):
            continue
        value = plain[key]
        match key:
            case "options":
                lines += ["options:", *(f"  - {_option(option)}" for option in value)]
            case "groups":
                lines.append(f"groups: {_flow(dict(value))}")
            case _:
                lines.append(
                    f"{key}: {_written(value) if isinstance(value, str) else _flow(value)}"
                )
    return lines


def _option(plain: Mapping[str, Any]) -> str:
    parts = []
    for key, value in plain.items():
        if value == OPTION_DEFAULTS.get(key):
            continue
        quoted = isinstance(value, str) and key not in UNQUOTED
        parts.append(f"{key}: {_quoted(value) if quoted else _flow(value)}")
    return f"{{{', '.join(parts)}}}"


def rule_text(plain: Mapping[str, Any], remarks: Mapping[str, str] | None = None) -> str:
    """Return the text of a regime or a conflict in its plain form, without its id."""
    remarks, elements = remarks or {}, plain.get("elements", [])
    head = {key: value for key, value in plain.items() if key not in {"id", "elements"}}
    parts = [remarks.get("", ""), *(f"{line}\n" for line in _rule_lines(head))]
    if elements:
        parts.append("elements:\n")
    for element in elements:
        parts += [remarks.get(element["id"], ""), _entry(element)]
    return "".join(parts)


def _conflicts_text(conflicts: Iterable[Conflict], remarks: Mapping[str, str]) -> str:
    parts = [remarks.get("", CONFLICTS_HEAD), "conflicts:\n"]
    for conflict in conflicts:
        parts += [remarks.get(conflict.id, ""), _entry(conflict.to_json())]
    return "".join(parts)


def _entry(plain: Mapping[str, Any]) -> str:
    """Return an entry of a list, one key a line."""
    lines = "\n    ".join(_rule_lines(plain))
    return f"  - {lines}\n"


def _rule_lines(plain: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines of a regime, an element or a conflict, without what goes without saying."""
    for key in dict.fromkeys((*RULE_KEYS, *plain)):
        value = plain.get(key, "")
        if value in ("", [], RULE_DEFAULTS.get(key)):
            continue
        if key in CASES and len(value) > 1:
            yield f"{key}:"
            yield from (f"  - {_flow(condition)}" for condition in value)
        elif key in CASES:
            yield f"{key}: {_flow(_cases(value))}"
        elif isinstance(value, str):
            yield from _paragraph(key, value)
        elif len(line := f"{key}: {_flow(value)}") > LINE_LIMIT:
            yield f"{key}:"
            yield from (f"  - {_written(text)}" for text in value)
        else:
            yield line


def _paragraph(key: str, text: str) -> Iterator[str]:
    """Give a text on one line, or on several if it is long and these read as the same text."""
    line = f"{key}: {_written(text)}"
    if len(line) <= LINE_LIMIT or " ".join(text.split()) != text:
        yield line
        return
    yield f"{key}: >-"
    for part in wrap(text, LINE_LIMIT - 6, break_long_words=False, break_on_hyphens=False):
        yield f"  {part}"


def cases_text(plain: list[dict[str, list[str]]]) -> str:
    """Return cases on one line: ``{any: [data]}``, or a list of such conditions."""
    return _flow(_cases(plain))


def _cases(plain: list[dict[str, list[str]]]) -> object:
    """Return cases as people write them: one condition stands for itself, and none for always."""
    if not plain:
        return {}
    return plain[0] if len(plain) == 1 and plain[0] else plain


def _clause_text(clause: Clause) -> str:
    front = [f"title: {_written(clause.title)}", f"order: {clause.order}"]
    if when := clause.when.to_json():
        front.append(f"when: {_flow(when)}")
    if clause.run_in:
        front.append("run_in: true")
    if clause.models:
        front.append(f"models: {_flow(clause.models)}")
    front.append(f"claims: {_flow(map(str, clause.claims))}")
    if clause.citations:
        front.append(f"citations: [{', '.join(map(_quoted, clause.citations))}]")
    if clause.satisfies:
        front.append(f"satisfies: {_flow(clause.satisfies)}")
    if clause.note:
        front.append(f"note: {_quoted(clause.note)}")
    if clause.version > 1:
        front.append(f"version: {clause.version}")
    return "\n".join(("---", *front, "---", clause.source.strip("\n"), ""))


def _flow(value: object) -> str:
    """Return a value on one line: ``{all: [data], none: [sale:no]}``."""
    match value:
        case bool() | int():
            return str(value).lower()
        case str():
            return _written(value, flow=True)
        case Mapping():
            return f"{{{', '.join(f'{_flow(key)}: {_flow(part)}' for key, part in value.items())}}}"
        case Iterable():
            return f"[{', '.join(map(_flow, value))}]"
    raise TypeError(f"{value!r} has no place in a clause folder")


def _written(text: str, *, flow: bool = False) -> str:
    """Return a text without quotes if every reader of YAML then sees this text, else in quotes."""
    analysis = _emitter.analyze_scalar(text)
    clear = analysis.allow_flow_plain if flow else analysis.allow_block_plain
    return text if (clear or NAMES.fullmatch(text)) and not _misread(text) else _quoted(text)


def _misread(text: str) -> bool:
    """Tell whether a text without quotes would be a truth, a number, a date or nothing."""
    tag = _resolver.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag != "tag:yaml.org,2002:str" or bool(OLD_AND_NEW_YAML.fullmatch(text))


def _quoted(text: str) -> str:
    """Return a text in quotation marks. What JSON writes of a printable text is YAML, too."""
    return json.dumps(text, ensure_ascii=False)
