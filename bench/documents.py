"""Select, assemble and render HTML: each example, and libraries that grow to 5,000 clauses.

Run it with ``make bench`` or ``python -m bench.documents``. Two peers print the same page, to the
byte. Both are one Jinja2 template, compiled beforehand:

- *over the text*: the template gets the final text as plain lists (sections, blocks, runs) and
  prints it, every text autoescaped. It decides nothing and fills nothing.
- *as written*: all fixed text stands in the template as markup, and only what came from an answer
  is an autoescaped variable. It fits one document alone; it is the least that printing can cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import escape

from bench.timing import in_turns, milliseconds
from policygen.core.answers import Answers, parse_answers
from policygen.core.assembly import assemble
from policygen.core.document import (
    AddressBlock,
    Block,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Piece,
    Run,
)
from policygen.core.library import Library, parse_library
from policygen.core.selection import select
from policygen.library.files import read_folder
from policygen.library.strict_yaml import decode, read_yaml
from policygen.rendering import FORMATS

CLAUSES = Path(__file__).resolve().parent.parent / "clauses"
ON = date(2026, 1, 1)


def page(library: Library, answers: Answers) -> bytes:
    """Make a policy's web page from answers."""
    return FORMATS["html"].render(assemble(select(library, answers), answers, on=ON)).content


def examples(library: Library) -> Iterator[tuple[str, Answers]]:
    """Give each example's name and answers."""
    for path in sorted((CLAUSES / "examples").glob("*.yaml")):
        raw = read_yaml(decode(path.read_bytes())).value
        yield path.stem, parse_answers(library.vocabulary, raw["answers"])


def runs_of(block: Block) -> Iterator[Run]:
    """Give every run of a block."""
    match block:
        case ListBlock(items):
            yield from (run for item in items for run in item)
        case AddressBlock(entries):
            yield from (run for entry in entries for line in entry.lines for run in line)
        case _:
            yield from block.runs


def written_out(document: Document) -> Callable[[], bytes]:
    """Return a call that prints the page from a template with the fixed text in it."""
    markup = FORMATS["html"].render(document).content.decode()
    values: dict[str, str] = {}
    source, rest = "", markup
    environment = Environment(autoescape=True)
    for clause in document.clauses():
        for run in (run for block in clause.blocks for run in runs_of(block) if run.filled_by):
            before, found, after = rest.partition(str(escape(run.text)))
            if found:
                name = f"v{len(values)}"
                values[name] = run.text
                source += "{% raw %}" + before + "{% endraw %}{{ " + name + " }}"
                rest = after
    template = environment.from_string(source + "{% raw %}" + rest + "{% endraw %}")
    return _checked(lambda: template.render(values).encode(), markup)


RUNS = """
{%- macro runs(runs) -%}
{%- for run in runs -%}
{%- if run.href %}<a href="{{ run.href }}"{{ ' rel="noopener"' | safe if run.outside }}>{% endif -%}
{%- if run.strong %}<strong>{% endif %}{% if run.em %}<em>{% endif -%}
{%- if run.filled %}<bdi>{{ run.text }}</bdi>{% else %}{{ run.text }}{% endif -%}
{%- if run.em %}</em>{% endif %}{% if run.strong %}</strong>{% endif -%}
{%- if run.href %}</a>{% endif -%}
{%- endfor -%}
{%- endmacro -%}
"""
SECTIONS = (
    RUNS
    + """
{%- for section in sections %}<section id="section-{{ section.id }}">
<h2>{{ loop.index }}. {{ section.title }}</h2>
{% for pieces in section.pieces -%}
{%- if pieces | length > 1 -%}
<p>{% for piece in pieces %}<span data-clause="{{ piece.slug }}" data-version="{{ piece.version }}">
{{- runs(piece.lines[0]) }}</span>{% if not loop.last %} {% endif %}{% endfor %}</p>
{% else -%}
{%- for piece in pieces -%}
{%- if piece.kind == "p" or piece.kind == "h3" -%}
<{{ piece.kind }} data-clause="{{ piece.slug }}" data-version="{{ piece.version }}">
{{- runs(piece.lines[0]) }}</{{ piece.kind }}>
{% elif piece.kind == "address" -%}
<address data-clause="{{ piece.slug }}" data-version="{{ piece.version }}">
{% for entry in piece.entries -%}
<p>{% if entry.label %}<b>{{ entry.label }}:</b> {% endif -%}
{% for line in entry.lines %}{{ runs(line) }}{% if not loop.last %}<br>
{% endif %}{% endfor %}</p>
{% endfor %}</address>
{% else -%}
<{{ piece.kind }} data-clause="{{ piece.slug }}" data-version="{{ piece.version }}">
{% for line in piece.lines %}<li>{{ runs(line) }}</li>
{% endfor %}</{{ piece.kind }}>
{% endif -%}
{%- endfor -%}
{%- endif -%}
{%- endfor %}</section>{% if not loop.last %}
{% endif %}
{%- endfor -%}
"""
)


def over_the_text(document: Document) -> Callable[[], bytes]:
    """Return a call that prints the page from its final text, given as plain lists."""
    markup = FORMATS["html"].render(document).content.decode()
    begin, end = markup.index("<section"), markup.rindex("</section>") + len("</section>")
    environment = Environment(autoescape=True)
    template = environment.from_string(
        "{% raw %}"
        + markup[:begin]
        + "{% endraw %}"
        + SECTIONS
        + "{% raw %}"
        + markup[end:]
        + "{% endraw %}"
    )
    sections = [
        {
            "id": section.id,
            "title": section.title,
            "pieces": [[_plain_piece(piece) for piece in pieces] for pieces in section.pieces()],
        }
        for section in document.sections
    ]
    return _checked(lambda: template.render(sections=sections).encode(), markup)


def _plain_piece(piece: Piece) -> dict[str, Any]:
    block = piece.block
    plain: dict[str, Any] = {"slug": piece.clause.slug, "version": piece.clause.version}
    match block:
        case Paragraph() | Heading():
            kind = "p" if isinstance(block, Paragraph) else "h3"
            return plain | {"kind": kind, "lines": [_plain_runs(block.runs)]}
        case ListBlock(items, ordered):
            return plain | {
                "kind": "ol" if ordered else "ul",
                "lines": [_plain_runs(i) for i in items],
            }
        case AddressBlock(entries):
            return plain | {
                "kind": "address",
                "entries": [
                    {"label": entry.label, "lines": [_plain_runs(line) for line in entry.lines]}
                    for entry in entries
                ],
            }


def _plain_runs(runs: tuple[Run, ...]) -> list[dict[str, Any]]:
    return [
        {
            "text": run.text,
            "strong": run.strong,
            "em": run.em,
            "filled": bool(run.filled_by),
            "href": run.href,
            "outside": not run.href.startswith("#"),
        }
        for run in runs
    ]


def _checked(way: Callable[[], bytes], markup: str) -> Callable[[], bytes]:
    if way() != markup.encode():
        raise SystemExit("A template does not print the same page.")
    return way


def compare_examples() -> None:
    """Print the first table."""
    library = read_folder(CLAUSES)
    print("| example | clauses | bytes | ours, ms | over the text | ratio | as written | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, answers in examples(library):
        document = assemble(select(library, answers), answers, on=ON)
        times = in_turns(
            {
                "ours": lambda answers=answers: page(library, answers),
                "text": over_the_text(document),
                "written": written_out(document),
            }
        )
        ours, text, written = times["ours"], times["text"], times["written"]
        print(
            f"| {name} | {sum(1 for _ in document.clauses())} | {len(page(library, answers)):,} "
            f"| {milliseconds(ours)} | {milliseconds(text)} | {ours / text:.1f} "
            f"| {milliseconds(written)} | {ours / written:.1f} |"
        )


def synthetic(clauses: int, options: int) -> Library:
    """Return a library in which each clause depends on three options and prints a group."""
    per_question = 50
    questions = [
        {"id": "practice_name", "kind": "name", "page": "p0", "ask": "Name?", "required": "true"}
    ]
    for number in range(options // per_question):
        questions.append(
            {
                "id": f"q{number}",
                "kind": "many",
                "page": f"p{number + 1}",
                "ask": f"Question {number}?",
                "groups": {f"g{group}": f"Group {group}" for group in range(5)},
                "options": [
                    {
                        "id": f"o{option}",
                        "group": f"g{option % 5}",
                        "label": f"Option {option}",
                        "help": "Help.",
                        "phrase": f"phrase {number} {option}",
                    }
                    for option in range(per_question)
                ],
            }
        )
    many = options // per_question
    entries = [
        {
            "slug": f"clause-{number}",
            "section": f"s{number % 20}",
            "title": f"Clause {number}",
            "order": number,
            "when": {
                "any": [f"q{number % many}:o{(number * step) % per_question}" for step in (1, 7)],
                "none": [f"q{(number + 1) % many}:o{(number * 3) % per_question}"],
            },
            "claims": [f"collect(q{number % many})"],
            "body": f"Sentence {number} of {{{{ practice }}}} names "
            f"{{{{ q{number % many}.g{number % 5} | listing }}}}.",
        }
        for number in range(clauses)
    ]
    sections = [{"id": f"s{number}", "title": f"Section {number}"} for number in range(20)]
    raw = {
        "title": "Policy",
        "language": "en",
        "sections": sections,
        "questions": questions,
        "clauses": entries,
    }
    return parse_library(raw)


def grow() -> None:
    """Print the second table: how time grows with the library."""
    print("\n| clauses | options | selected | select + assemble, ms | µs a clause |")
    print("| --- | --- | --- | --- | --- |")
    for clauses in (625, 1250, 2500, 5000):
        library = synthetic(clauses, 500)
        raw: dict[str, Any] = {"practice_name": "Maple Street Dental"}
        for question in library.vocabulary.questions[1:]:
            raw[question.id] = [option.id for option in question.options[:2]]
        answers = parse_answers(library.vocabulary, raw)

        def make(library: Library = library, answers: Answers = answers) -> Document:
            fresh = Answers(answers.vocabulary, answers.given)
            return assemble(select(library, fresh), fresh, on=ON)

        seconds = in_turns({"ours": make}, rounds=40)["ours"]
        chosen = sum(1 for _ in make().clauses())
        print(
            f"| {clauses:,} | 500 | {chosen} | {milliseconds(seconds)} "
            f"| {seconds / clauses * 1e6:.2f} |"
        )


if __name__ == "__main__":
    compare_examples()
    grow()
