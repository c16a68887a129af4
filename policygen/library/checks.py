"""What must hold of a piece before it is stored: everything that can be said without the others.

Places of problems are the names of fields of the row, so that a form can show each where it
belongs; a problem that the change causes elsewhere has that place instead (``questions.data``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from policygen.core.analysis.reachability import always_holds, why_never
from policygen.core.clauses import Clause as ClauseValue
from policygen.core.clauses import parse_clause
from policygen.core.conditions import question_of
from policygen.core.library import Library, parse_library
from policygen.core.placeholders import paths
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.regimes import element_ids
from policygen.instruments.solver import PysatSolver
from policygen.library.models import NAME_LIMIT
from policygen.library.pieces import (
    RULES,
    Content,
    Contents,
    Said,
    clause_content,
    clause_to_plain,
    frame_for_clauses,
    from_library,
    to_plain,
    working_frame,
)

FIELDS = {
    "section": "section_id",
    "models": "statements",
    "kind": "kind_of_answer",
    "min": "minimum",
    "max": "maximum",
    "slug": "name",
    "id": "name",
}
"""Fields that have another name in the plain form."""

BODY_LINE = "line {line}: {message}"


def checked(kind: str, name: str, said: Said) -> Content:
    """Return what a piece says, in its settled form. Raises ``Refused``.

    It is checked against the working rows, drafts of options included.
    """
    if len(name) > (2 * NAME_LIMIT + 1 if kind == "option" else NAME_LIMIT):
        raise Refused([Problem("name", f"Use at most {NAME_LIMIT} characters.")])
    if kind == "clause":
        return checked_clause(name, said, to_frame(frame_for_clauses()))
    return _checked_frame_piece(kind, name, said, working_frame())


def to_frame(contents: Contents) -> Library:
    """Return what clauses stand on, as a library without any clause. Raises ``Refused``."""
    plain = to_plain({key: said for key, said in contents.items() if key[0] != "clause"})
    return parse_library(plain)


def checked_clause(slug: str, said: Said, frame: Library) -> Content:
    """Return what a version of a clause says, in its settled form. Raises ``Refused``."""
    try:
        clause = parse_piece(slug, said, frame)
    except Refused as refused:
        raise Refused(map(_at_field, refused.problems)) from None
    if problems := [*_condition_problems(clause, frame), *unknown_elements(clause, frame)]:
        raise Refused(problems)
    return {**clause_content(clause), "withdrawn": said.content["withdrawn"]}


def parse_piece(slug: str, said: Said, frame: Library) -> ClauseValue:
    """Return a version of a clause as selection knows it. Raises ``Refused``, by its keys."""
    vocabulary = frame.vocabulary
    sections = [section.id for section in frame.sections]
    return parse_clause(clause_to_plain(slug, said), vocabulary, paths(vocabulary), sections)


def _condition_problems(clause: ClauseValue, frame: Library) -> Iterator[Problem]:
    retired = [atom for atom in clause.when.atoms() if _is_retired(atom, frame)]
    for atom in retired:
        yield Problem("when", f"“{atom}” is retired. Take it out of the condition.")
    if retired:
        return
    if why := why_never(clause.when, clause.needs, frame.vocabulary, PysatSolver):
        yield Problem("when", f"This can never hold: {why}")
    elif always_holds(clause.when, frame.vocabulary, PysatSolver):
        yield Problem(
            "when",
            "This always holds, whatever is answered. Ask for less, or leave the "
            "condition empty if the clause is for every policy.",
        )


def unknown_elements(clause: ClauseValue, frame: Library) -> Iterator[Problem]:
    """Give each element that a clause says it satisfies and that no law has."""
    known = frozenset(element_ids(frame.regimes))
    for name in clause.satisfies:
        if name not in known:
            yield Problem(
                "satisfies", f"No law has an element {quoted(name)}. {nearest(name, known)}"
            )


def _is_retired(atom: str, frame: Library) -> bool:
    option = frame.vocabulary.option(atom)
    return option is not None and option.retired


def _at_field(problem: Problem) -> Problem:
    where = FIELDS.get(problem.where, problem.where)
    if problem.line:
        return Problem(where, BODY_LINE.format(line=problem.line, message=problem.message))
    return replace(problem, where=where)


def _checked_frame_piece(kind: str, name: str, said: Said, frame: Contents) -> Content:
    """Check a piece by putting it among the others; what was wrong before is not its fault.

    A law or a conflict that is taken out need not fit any more, and stays as it was.
    """
    if kind in RULES and said.content["withdrawn"]:
        return {**frame.get((kind, name), said).content, "withdrawn": True}
    changed = {**frame, (kind, name): said}
    before = set(frame_problems(frame))
    try:
        library = to_frame(changed)
    except Refused as refused:
        own = [_inside(problem, kind, name) for problem in refused.problems]
        fresh = [
            after
            for after, all_of in zip(own, refused.problems, strict=True)
            if all_of not in before or after != all_of
        ]
        if fresh:
            raise Refused(fresh) from None
        return said.content
    content = from_library(library).get((kind, name), said).content
    settled = {**said.content, **content, "order": said.content.get("order", 0)}
    return {key: settled[key] for key in said.content} | {"withdrawn": said.content["withdrawn"]}


def broken_without(kind: str, name: str, before: Said | None) -> list[Problem]:
    """Return what would break in the frame if a draft went, and ``before`` stood again."""
    frame = working_frame()
    already = set(frame_problems(frame))
    if before is None:
        del frame[kind, name]
    else:
        frame[kind, name] = before
    return [problem for problem in frame_problems(frame) if problem not in already]


def frame_problems(frame: Contents) -> Sequence[Problem]:
    """Return what is wrong with what clauses stand on; clauses are left aside."""
    try:
        to_frame(frame)
    except Refused as refused:
        return refused.problems
    return ()


def _inside(problem: Problem, kind: str, name: str) -> Problem:
    """Say the field where a problem lies in the piece itself."""
    for place in _places(kind, name):
        if problem.where == place:
            return replace(problem, where="")
        if kind in RULES and problem.where.startswith(f"{place}."):
            rest = problem.where.removeprefix(f"{place}.")
            return replace(problem, where="name" if rest == "id" else f"said.{rest}")
        if problem.where.startswith(f"{place}."):
            return _at_field(replace(problem, where=problem.where.removeprefix(f"{place}.")))
    return problem


def _places(kind: str, name: str) -> tuple[str, ...]:
    match kind:
        case "section":
            return (f"sections.{name}",)
        case "question":
            return (f"questions.{name}",)
        case "option":
            return (f"questions.{question_of(name)}.options.{name.partition(':')[2]}",)
        case "regime" | "conflict":
            return (f"{RULES[kind]}.{name}",)
    return ()
