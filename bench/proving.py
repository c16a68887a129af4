"""Proving a library: the one in clauses/, and made-up ones of up to 2,000 clauses.

Run it with ``make bench`` or ``python -m bench.proving``. The made-up libraries are sound, but none
of it is easy to see: half of the questions depend on others, clauses point to sections that point
on, and every twentieth clause denies what others assert, under a condition that keeps them apart.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from policygen.core.analysis.proof import prove
from policygen.core.library import Library, parse_library
from policygen.instruments.solver import PysatSolver
from policygen.library.files import read_folder

CLAUSES = Path(__file__).resolve().parent.parent / "clauses"
SECTIONS = 20
OPTIONS = 10
VERBS = ("collect", "share", "use", "keep", "sell")


def made_up(clauses: int, *, contradictions: int = 0) -> Library:
    """Return a sound library, except for so many clauses that contradict others."""
    random = Random(clauses)
    questions = [_question(number, random) for number in range(clauses // 20)]
    name = {"id": "practice_name", "kind": "name", "page": "start", "ask": "Who?"}
    return parse_library(
        {
            "title": "Made up",
            "language": "en",
            "sections": [{"id": f"s{n}", "title": f"Section {n}"} for n in range(SECTIONS)],
            "questions": [{**name, "required": "true"}, *questions],
            "clauses": [
                _clause(n, random, questions, apart=n // 20 >= contradictions)
                for n in range(clauses)
            ],
        }
    )


def _question(number: int, random: Random) -> dict[str, Any]:
    earlier = f"q{random.randrange(number)}" if number % 2 else ""
    return {
        "id": f"q{number}",
        "kind": "many" if number % 5 else "one",
        "page": f"p{number}",
        "ask": "Which?",
        "when": {"any": [f"{earlier}:o0", f"{earlier}.low"]} if earlier else {},
        "groups": {"low": "Low", "high": "High"},
        "options": [
            {
                "id": f"o{n}",
                "label": "An option",
                "help": "Help.",
                "phrase": f"option {n}",
                "group": "low" if n < OPTIONS // 2 else "high",
            }
            for n in range(OPTIONS)
        ],
    }


def _clause(
    number: int, random: Random, questions: list[dict[str, Any]], *, apart: bool
) -> dict[str, Any]:
    about = f"q{number // 20}"
    option = f"{about}:o{number % OPTIONS}"
    verb = VERBS[number // 20 % len(VERBS)]
    other = random.choice(questions[::2])["id"]  # asked of everybody, so it never keeps apart
    when: dict[str, list[str]] = {"all": [option], "any": [f"{other}.low", f"{other}.high"]}
    claim = f"{verb}({option}; to {other})"
    if number % 20 == 19:
        when = {"none": [f"{about}.high"]} if apart else {"any": [f"{about}.high"]}
        claim = f"does-not-{verb}({about}.high)"
    section = random.randrange(SECTIONS)
    points = f" See [there](#s{random.randrange(section)})." if section and not number % 7 else ""
    return {
        "slug": f"c{number}",
        "section": f"s{section}",
        "title": f"Clause {number}",
        "order": number,
        "when": {key: list(dict.fromkeys(atoms)) for key, atoms in when.items()},
        "claims": [claim],
        "body": f"We {verb} it in case {number}.{points}",
    }


def main() -> None:
    """Print the table."""
    print("\n| library | clauses | options | pairs | could clash | failures | s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    _row("clauses/", read_folder(CLAUSES))
    for clauses in (240, 500, 1000, 2000):
        _row("made up", made_up(clauses))
    _row("made up, with defects", made_up(1000, contradictions=10))


def _row(title: str, library: Library) -> None:
    begun = perf_counter()
    proof = prove(library, PysatSolver)
    seconds = perf_counter() - begun
    options = sum(len(question.options) for question in library.vocabulary.questions)
    print(
        f"| {title} | {proof.clauses:,} | {options:,} | {proof.pairs:,} | {proof.clashing:,} "
        f"| {len(proof.failures)} | {seconds:.1f} |"
    )


if __name__ == "__main__":
    main()
