"""All analysis of each example's policy, against what it takes to make the policy.

Run it with ``python -m bench.review``. *Made* is selecting and assembling; *reviewed* is every
check on top of that, the ledger of the laws included, from a fresh subject each time. Nothing of
it waits, so it is the time of the processor. The target is 50 ms for the largest example.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from time import process_time

from bench.documents import CLAUSES, examples
from bench.timing import in_turns, milliseconds
from policygen.core.analysis.findings.finding import Subject
from policygen.core.analysis.findings.registry import CHECKS, review
from policygen.core.answers import Answers
from policygen.core.assembly import assemble
from policygen.core.library import Library
from policygen.core.selection import select
from policygen.instruments.syllables import syllables
from policygen.library.files import read_folder
from policygen.library.word_lists import read_words

ON = date(2026, 11, 22)
TARGET_MS = 50


def subject_maker(library: Library, answers: Answers) -> Callable[[], Subject]:
    """Return a function that makes a subject with nothing computed yet."""
    words = read_words(CLAUSES)
    selection = select(library, answers)
    document = assemble(selection, answers, on=ON)
    return lambda: Subject(library, answers, selection, document, ON, syllables, words)


def main() -> None:
    """Measure each example and print a table, then the largest one check by check."""
    library = read_folder(CLAUSES)
    print(f"All analysis beyond assembly; the target is {TARGET_MS} ms for the largest.\n")
    print("| example | clauses | findings | made, ms | reviewed, ms | ratio |")
    print("| --- | --- | --- | --- | --- | --- |")
    largest: tuple[int, Callable[[], Subject]] | None = None
    for name, answers in examples(library):
        make = subject_maker(library, answers)
        times = in_turns(
            {
                "made": lambda given=answers: assemble(select(library, given), given, on=ON),  # type: ignore[misc]
                "reviewed": lambda fresh=make: review(fresh()),  # type: ignore[misc]
            },
            rounds=40,
            clock=process_time,
        )
        clauses = len(list(make().document.clauses()))
        if largest is None or clauses > largest[0]:
            largest = clauses, make
        figures = f"{milliseconds(times['made'])} | {milliseconds(times['reviewed'])}"
        ratio = times["reviewed"] / times["made"]
        print(f"| {name} | {clauses} | {len(review(make()))} | {figures} | {ratio:.1f} |")
    if largest:
        _by_check(largest[1])


def _by_check(make: Callable[[], Subject]) -> None:
    """Print what each check of one document takes, once its sentences are known."""
    subject = make()
    review(subject)
    ways = {next(iter(check.codes)): lambda one=check: list(one.find(subject)) for check in CHECKS}  # type: ignore[misc]
    print("\n| check, by its first code | ms |\n| --- | --- |")
    for name, seconds in in_turns(ways, rounds=40, clock=process_time).items():
        print(f"| {name} | {milliseconds(seconds)} |")


if __name__ == "__main__":
    main()
