"""Words to look for in a printed text: dead laws, claims that need proof, words that hide much.

The lists are the lawyers' (``clauses/words.yaml``). They belong to no release, since an old text
has to be judged by what is known today.

A phrase is written as it reads: ``in the event that``. ``*`` at the end of a word stands for any
ending (``utiliz*``), and ``…`` between blanks for up to five words. A phrase with a capital letter
is found only in just this spelling, any other in every spelling.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from policygen.core.analysis.sentences import Sentence
from policygen.core.answers import Answers
from policygen.core.conditions import OPTION, Cases, parse_cases
from policygen.core.conflicts import Severity
from policygen.core.plain import Entry, id_of
from policygen.core.problems import Problem, Refused, nearest, quoted
from policygen.core.regimes import LIKE_AN_ID


class Kind(StrEnum):
    """Why a phrase is looked for."""

    DEAD_LAW = "dead-law"
    """A law or framework that is no longer in force, or never was."""

    FOREIGN_LAW = "foreign-law"
    """A law that does not apply, unless the answers say so."""

    EVIDENCE = "evidence"
    """A claim that somebody may ask to have proved."""

    VAGUE = "vague"
    """Words that leave open what is done."""

    LEGALESE = "legalese"
    """Words with a plain alternative."""

    CONSENT = "consent"
    """Consent that is inferred from mere use."""

    LIABILITY = "liability"
    """Responsibility that is excluded."""

    BACKWARD = "backward"
    """Changes that apply at once or reach back."""

    RESIDUE = "residue"
    """What was left of a template or of somebody else’s policy."""

    NAMES = "names"
    """Several names for one thing, of which a text should use one."""

    TERM = "term"
    """Words with a capital letter, which a reader takes for defined terms."""


OWN_ONLY = frozenset({Kind.FOREIGN_LAW, Kind.EVIDENCE, Kind.CONSENT, Kind.LIABILITY, Kind.BACKWARD})
"""Kinds looked for in a practice's own words only: what the library says so rests on answers, and
conflicts of answers speak of it."""

KEYS = frozenset(
    {"id", "kind", "find", "severity", "plain", "says", "mend", "unless", "citations", "note"}
)
GAP = "…"
PHRASE = re.compile(r"[\w%’'/&.,-]+\*?(?: (?:…|[\w%’'/&.,-]+\*?))*")
TOKEN: re.Pattern[str] = re.compile(r"[a-z0-9%]+")
KEY_LENGTH = 4


@dataclass(frozen=True)
class Watch:
    """Phrases of one kind. ``plain`` is what to write instead; ``unless`` is when all is well.

    ``says`` and ``mend`` are blank for kinds that need no words of their own; ``note`` is for
    colleagues.
    """

    id: str
    kind: Kind
    find: tuple[str, ...]
    severity: Severity
    plain: str
    says: str
    mend: str
    unless: Cases | None
    citations: tuple[str, ...]

    @cached_property
    def patterns(self) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
        """Each phrase with the beginning of its longest word, to look it up by, and its pattern."""
        return tuple((phrase, _key(phrase), _pattern(phrase)) for phrase in self.find)

    def applies(self, answers: Answers) -> bool:
        """Tell whether it is looked for: the answers do not say that all is well."""
        return self.unless is None or self.unless.holds(answers.in_force) is not True


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that was found in a sentence; ``text`` is what stands there."""

    watch: Watch
    phrase: str
    text: str
    sentence: Sentence


# ------------------------------------------------------------------ looking


def hits_in(
    sentences: Iterable[Sentence],
    words: tuple[Watch, ...],
    answers: Answers,
    own: Collection[str],
) -> Iterator[Hit]:
    """Give every phrase that is found, in reading order; names and addresses are not searched.

    ``own`` are the slugs of the clauses in which words of the practice's own stand.
    """
    index = _index(tuple(watch for watch in words if watch.applies(answers)))
    for sentence in sentences:
        text = sentence.unnamed.replace("’", "'")
        keys = {token[:KEY_LENGTH] for token in _tokens(text)}
        for key in keys & index.keys():
            for watch, phrase, pattern in index[key]:
                if watch.kind in OWN_ONLY and sentence.clause.slug not in own:
                    continue
                if found := pattern.search(text):
                    yield Hit(watch, phrase, found[0].replace("'", "’"), sentence)


_Entries = Mapping[str, Sequence[tuple[Watch, str, re.Pattern[str]]]]


@lru_cache(maxsize=64)
def _index(words: tuple[Watch, ...]) -> _Entries:
    index: dict[str, list[tuple[Watch, str, re.Pattern[str]]]] = {}
    for watch in words:
        for phrase, key, pattern in watch.patterns:
            index.setdefault(key, []).append((watch, phrase, pattern))
    return index


def _key(phrase: str) -> str:
    """Return the beginning of the longest word of a phrase, as far as it is surely printed."""
    return max(_tokens(phrase), key=len)[:KEY_LENGTH]


def _tokens(text: str) -> list[str]:
    return TOKEN.findall(text.lower().replace("’", "'"))


def _pattern(phrase: str) -> re.Pattern[str]:
    parts = [_word(part) for part in phrase.replace("’", "'").split()]
    text = r"\s+".join(parts).replace(rf"\s+{GAP}\s+", r"\W+(?:[\w'-]+\W+){0,5}?")
    flags = re.NOFLAG if phrase != phrase.lower() else re.IGNORECASE
    return re.compile(rf"(?<![\w-]){text}(?![\w-])", flags)


def _word(part: str) -> str:
    if part == GAP:
        return GAP
    return re.escape(part.removesuffix("*")) + (r"[\w'-]*" if part.endswith("*") else "")


# ------------------------------------------------------------------ reading the lists


def parse_words(raw: Sequence[object]) -> tuple[Watch, ...]:
    """Read lists of words. Raises ``Refused``; places read ``<id>.<key>``.

    Answers that ``unless`` names are not looked up: a draft can rest on an older vocabulary, for
    which an answer that it lacks is unknown.
    """
    problems: list[Problem] = []
    words: dict[str, Watch] = {}
    for position, entry in enumerate(raw, start=1):
        where = id_of(entry) or str(position)
        try:
            watch = parse_watch(entry)
        except Refused as refused:
            problems += [problem.inside(where) for problem in refused.problems]
            continue
        if watch.id in words:
            problems.append(Problem(where, "This id stands twice. Give each entry its own."))
        words[watch.id] = watch
    if problems:
        raise Refused(problems)
    return tuple(words.values())


def parse_watch(raw: object) -> Watch:
    """Read one entry. Raises ``Refused``; places are its keys."""
    entry = Entry(raw, KEYS, what="a list of words")
    kind, severity = _one_of(entry, "kind", Kind), _one_of(entry, "severity", Severity)
    watch = Watch(
        id=entry.name("id", OPTION, LIKE_AN_ID),
        kind=Kind(kind or Kind.VAGUE),
        find=_phrases(entry),
        severity=Severity(severity or Severity.WARNS),
        plain=entry.line("plain", needed=kind == Kind.LEGALESE),
        says=entry.line("says", needed=kind not in WORDLESS),
        mend=entry.line("mend", needed=kind not in WORDLESS),
        unless=_unless(entry),
        citations=entry.texts("citations"),
    )
    entry.text("note")
    if watch.kind is Kind.NAMES and len(watch.find) < 2 and not entry.problems:
        entry.refuse("find", "Name at least two names of one thing.")
    if entry.problems:
        raise Refused(entry.problems)
    return watch


WORDLESS = frozenset({Kind.LEGALESE, Kind.NAMES, Kind.TERM})
"""Kinds of which the program says enough itself."""


def _one_of(entry: Entry, key: str, values: type[Kind] | type[Severity]) -> str:
    value = entry.text(key)
    if (value or key == "kind") and value not in set(values):
        entry.refuse(key, f"{quoted(value)} does not fit. {nearest(value, values)}")
        return ""
    return value


def _phrases(entry: Entry) -> tuple[str, ...]:
    phrases = entry.texts("find")
    if not phrases and not entry.problems:
        entry.refuse("find", "Write the phrases to look for.")
    for phrase in phrases:
        if not PHRASE.fullmatch(phrase) or phrase.endswith(GAP) or not _is_findable(phrase):
            example = "in the event that, utiliz* or by using … website"
            entry.refuse("find", f"{quoted(phrase)} is no phrase, such as {example}.")
    return phrases


def _is_findable(phrase: str) -> bool:
    """Tell whether a phrase can be looked up by the beginning of its longest word."""
    longest = max(_tokens(phrase), key=len, default="")
    open_ended = {token for part in phrase.split() if part.endswith("*") for token in _tokens(part)}
    return len(longest) >= (KEY_LENGTH if longest in open_ended else 1)


def _unless(entry: Entry) -> Cases | None:
    raw = entry.get("unless")
    if raw is None:
        return None
    try:
        return parse_cases(raw)
    except Refused as refused:
        entry.take(refused.problems, at="unless")
        return None
