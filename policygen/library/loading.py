"""From the folder ``clauses/`` to the desk: the first release, and later on drafts.

Files never change what is in force by themselves, except that a desk without anything gets release
1 from them. Afterwards what changed in the files since they were last loaded becomes a draft with a
reason, which people review. What changed at the desk meanwhile stays: files that nobody touched do
not speak against it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.contrib.auth.models import User
from django.utils import timezone

from policygen.core.library import canonical_json
from policygen.core.problems import Problem, Refused
from policygen.library import pieces
from policygen.library.checks import frame_problems, parse_piece, to_frame
from policygen.library.files import read_folder
from policygen.library.guards import editors
from policygen.library.models import KINDS, NAME_LIMIT, ClauseVersion, LoadedFiles, Release, State
from policygen.library.pieces import STEP, Content, Contents, Key, Said
from policygen.library.publishing import (
    AnyPiece,
    WrongState,
    at_the_desk,
    begin_draft,
    discard,
    new_clause,
    new_frame_piece,
    put_in_force,
    save_draft,
)

REASON = "Loaded from files"


@dataclass(frozen=True)
class Loaded:
    """What loading did: the release it made, the drafts it wrote, and what it left alone.

    ``in_force`` is the newest release afterwards. ``dropped`` are drafts of earlier loads that the
    files no longer ask for. ``left_alone`` are pieces that people work on, and those that do not go
    with what is at the desk: ``problems`` say why. The next load tries these again.
    """

    in_force: Release
    new: bool
    drafts: tuple[Key, ...] = ()
    dropped: tuple[Key, ...] = ()
    left_alone: tuple[Key, ...] = ()
    problems: tuple[Problem, ...] = ()


def load_library(folder: Path, *, today: date, by: User | None = None, why: str = REASON) -> Loaded:
    """Take the library of a folder to the desk, wholly or not at all.

    Raises ``Refused`` if the folder has problems, and what ``publishing`` raises. Without ``by`` it
    is done by nobody, as at the start of a server.
    """
    files = pieces.from_library(read_folder(folder))
    _refuse_long_names(files)
    with at_the_desk():
        newest = pieces.newest_release()
        if newest is None:
            release = put_in_force(files, by=by, today=today)
            _remember(files)
            return Loaded(release, new=True)
        before = _remembered()
        files = _in_order_of(before, files)
        loaded = _draft_changes(newest, before, files, by, why)
        unwritten = {key: before[key] for key in loaded.left_alone if key in before}
        written = {key: said for key, said in files.items() if key not in loaded.left_alone}
        if written | unwritten != before:
            _remember(written | unwritten)
    return loaded


def _refuse_long_names(files: Contents) -> None:
    problems = [
        Problem(f"{kind} {name[:20]}…", f"Use at most {NAME_LIMIT} characters for a name.")
        for kind, name in files
        if max(map(len, name.split(":"))) > NAME_LIMIT
    ]
    if problems:
        raise Refused(problems)


def _remember(files: Contents) -> None:
    rows = [[kind, name, *said] for (kind, name), said in sorted(files.items())]
    LoadedFiles.objects.create(at=timezone.now(), contents=canonical_json(rows))


def _remembered() -> Contents:
    last = LoadedFiles.objects.first()
    rows = json.loads(last.contents) if last else []
    return {(kind, name): Said(number, content) for kind, name, number, content in rows}


def _draft_changes(
    newest: Release, before: Contents, files: Contents, by: User | None, why: str
) -> Loaded:
    """Write a draft for each piece that the files say otherwise than when they were last loaded."""
    working, released = pieces.working(), pieces.contents_of(newest)
    written, dropped, left_alone = _sorted_out(
        _changed(before, files, working), working, released, by
    )
    there = {key: said for key, said in working.items() if key not in dropped}
    there |= {key: released[key] for key in dropped if key in released}
    problems = _resting(working, there, dropped)
    if problems:
        there, dropped = working, []
    problems |= _unfit(written, there)
    written = {key: said for key, said in written.items() if key not in problems}
    for key, said in written.items():
        _write(key, said, key in working, by, why)
    for key in reversed(dropped):
        problems |= _drop(key, by, why)
    dropped = [key for key in dropped if key not in problems]
    left_alone += problems
    named = [problem for some in problems.values() for problem in some]
    return Loaded(
        newest,
        new=False,
        drafts=tuple(written),
        dropped=tuple(dropped),
        left_alone=tuple(left_alone),
        problems=tuple(dict.fromkeys(named)),
    )


def _changed(before: Contents, files: Contents, working: Contents) -> Contents:
    """Return what the files want otherwise than before, in the order in which it is written."""
    ordered = _in_order_of(working, files)
    wanted = {
        key: ordered[key]
        for key, said in files.items()
        if key not in before or before[key].content != said.content
    }
    wanted |= _withdrawing({key: working[key] for key in before.keys() - files if key in working})
    return {key: wanted[key] for key in sorted(wanted, key=_depth)}


def _sorted_out(
    wanted: Contents, working: Contents, released: Contents, by: User | None
) -> tuple[Contents, list[Key], list[Key]]:
    """Return what to write, which drafts of earlier loads to drop, and what people work on."""
    written: Contents = {}
    dropped, left_alone = [], []
    for key, said in wanted.items():
        row = _row(*key) if key in working else None
        if row is not None and row.content() == said.content:
            continue
        if row is not None and not _is_free(row, by):
            left_alone.append(key)
        elif row is not None and row.is_open and _says(said) == _says(released.get(key)):
            dropped.append(key)
        else:
            written[key] = said
    return written, dropped, left_alone


def _says(said: Said | None) -> Content | None:
    """Return what a piece says, or nothing where it is out of the library."""
    return None if said is None or said.content["withdrawn"] else said.content


def _is_free(row: AnyPiece, by: User | None) -> bool:
    """Tell whether a load may write to a piece: nobody else works on it."""
    if row.state == State.DRAFT:
        return editors(row) <= ({by.pk} if by else set())
    return row.state in {State.RELEASED, State.RETIRED}


def _resting(
    working: Contents, there: Contents, dropped: Sequence[Key]
) -> dict[Key, Sequence[Problem]]:
    """Return what cannot be dropped, since somebody's draft rests on some of it: all or nothing."""
    before = frame_problems(_frame(working))
    fresh = [problem for problem in frame_problems(_frame(there)) if problem not in before]
    return dict.fromkeys(dropped, fresh) if fresh else {}


def _drop(key: Key, by: User | None, why: str) -> dict[Key, Sequence[Problem]]:
    """Throw a draft away; return the problem if something stands on it that people wrote."""
    row = _row(*key)
    try:
        discard(row, by=by, seen=row.revision, why=why, settled=True)
    except WrongState as error:
        return {key: [Problem(" ".join(key), str(error))]}
    return {}


def _unfit(written: Contents, there: Contents) -> dict[Key, Sequence[Problem]]:
    """Return which pieces do not go with what is at the desk, each with the problems."""
    before = _frame(there)
    after = before | _frame(written)
    already = frame_problems(before)
    fresh = [problem for problem in frame_problems(after) if problem not in already]
    unfit: dict[Key, Sequence[Problem]] = dict.fromkeys(_frame(written), fresh) if fresh else {}
    try:
        frame = to_frame(before if fresh else after)
    except Refused:  # somebody's draft is wrong, and the review of these must tell
        return unfit
    for key, said in written.items():
        if key[0] == "clause" and not said.content["withdrawn"]:
            try:
                parse_piece(key[1], said, frame)
            except Refused as refused:
                unfit[key] = [problem.inside(f"clause {key[1]}") for problem in refused.problems]
    return unfit


def _frame(contents: Contents) -> Contents:
    return {key: said for key, said in contents.items() if key[0] != "clause"}


def _depth(key: Key) -> int:
    """Sections and questions come before options, and these before clauses."""
    return list(KINDS).index(key[0])


def _withdrawing(gone: Contents) -> Contents:
    """Return the withdrawal of what the files no longer have."""
    return {
        key: Said(said.number, {**said.content, "withdrawn": True}) for key, said in gone.items()
    }


def _in_order_of(known: Contents, wanted: Contents) -> Contents:
    """Give sections, questions and options the order numbers that are known, where these still fit.

    Files know the order of such pieces by position only. What is new goes between its neighbours;
    where there is no room, or the order changed, all of a kind are numbered anew.
    """
    ordered = dict(wanted)
    for keys in _families(wanted):
        numbers = _numbers(keys, known)
        for key, number in zip(keys, numbers, strict=True):
            said = wanted[key]
            ordered[key] = Said(said.number, {**said.content, "order": number})
    return ordered


def _families(contents: Contents) -> Iterable[Sequence[Key]]:
    """Give the pieces that are ordered among themselves, in their order."""
    families: dict[str, list[Key]] = {}
    for kind, name in contents:
        if kind in {"section", "question", "option"}:
            question = name.partition(":")[0] if kind == "option" else ""
            families.setdefault(f"{kind} {question}", []).append((kind, name))
    for keys in families.values():
        yield sorted(keys, key=lambda key: contents[key].content["order"])


def _numbers(keys: Sequence[Key], known: Contents) -> list[int]:
    given = [known[key].content["order"] if key in known else None for key in keys]
    numbers: list[int] = []
    for position, number in enumerate(given):
        before = numbers[-1] if numbers else 0
        if number is None:
            after = next((n for n in given[position:] if n is not None), before + 2 * STEP)
            number = (before + after) // 2
        if number <= before:
            return [place * STEP for place in range(1, len(keys) + 1)]
        numbers.append(number)
    return numbers


def _write(key: Key, said: Said, is_there: bool, by: User | None, why: str) -> None:
    kind, name = key
    if not is_there and kind == "clause":
        new_clause(name, said.content, by=by, why=why, settled=True)
    elif not is_there:
        new_frame_piece(kind, name, said.content, by=by, why=why, settled=True)
    else:
        row = _row(kind, name)
        if isinstance(row, ClauseVersion) and not row.is_open:
            row = begin_draft(row.clause, by=by, why=why)
        save_draft(row, row.whole(said.content), by=by, seen=row.revision, why=why, settled=True)


def _row(kind: str, name: str) -> AnyPiece:
    if kind == "clause":
        return ClauseVersion.objects.get(newest_of=name)
    row: AnyPiece = KINDS[kind]._default_manager.get(pk=name)
    return row
