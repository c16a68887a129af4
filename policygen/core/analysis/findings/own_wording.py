"""What a practice's own wording claims, which nobody compared with the rest of the text.

The claims of a clause are those of the library's text. An own wording takes its place and keeps
its claims, so neither the proof over the library nor the check for contradictions sees what the
wording adds. Here the verbs are compared that say what happens to information: whether a sentence
says them, denies them, or says them of one case only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.sentences import SENTENCE_END
from policygen.core.conflicts import Severity
from policygen.core.placeholders import listing

UNCOMPARED = "wording-uncompared"

CODES = {
    UNCOMPARED: "The practice’s own wording says something of information that the library’s text "
    "of that clause does not say.",
}

FORMS: Mapping[str, str] = {
    "collect": r"collect(?:s|ed|ing|ion)?|gather(?:s|ed|ing)?",
    "delete": r"delet(?:es?|ed|ing|ion)|eras(?:es?|ed|ing|ure)|destroy(?:s|ed|ing)?",
    "disclose": r"disclos(?:es?|ed|ing|ures?)",
    "keep": r"keep(?:s|ing)?|kept|retain(?:s|ed|ing)?|stor(?:es?|ed|ing)",
    "promise": r"promis(?:es?|ed|ing)|guarantee(?:s|d|ing)?",
    "protect": r"protect(?:s|ed|ing)?|encrypt(?:s|ed|ing|ion)?",
    "sell": r"sell(?:s|ing)?|sold|sales?|rent(?:s|ed|ing)?|trad(?:es?|ed|ing)",
    "share": r"shar(?:es?|ed|ing)",
    "track": r"track(?:s|ed|ing)?|monitor(?:s|ed|ing)?|profil(?:es?|ed|ing)",
    "transfer": r"transfer(?:s|red|ring)?",
}
"""The verbs of claims that are looked for, each with the forms that it has in a text."""

VERBS = {
    verb: re.compile(rf"(?<![\w-])(?:{forms})(?![\w-])", re.IGNORECASE)
    for verb, forms in FORMS.items()
}
DENIAL = re.compile(r"(?<!\w)(?:not|never|no|nobody|none|nothing|cannot|without)\b|n[’']t\b", re.I)
LIMIT = re.compile(r"\bonly\b", re.I)
NEVER = re.compile(r"\b(?:never|always|under no circumstances)\b", re.I)
PLACEHOLDER = re.compile(r"\{\{.*?\}\}")


def _find(subject: Subject) -> Iterator[Finding]:
    for slug, text in subject.texts.items():
        clause = subject.clauses.get(slug)
        if clause is None or not clause.amended or not clause.replaced:
            continue
        added = sayings_in(clause.source) - sayings_in(clause.replaced)
        if added:
            own = [one for one in subject.sentences if one.clause.slug == slug]
            said = next((one.text for one in own if sayings_in(one.text) & added), "")
            yield Finding(
                UNCOMPARED,
                Severity.WARNS,
                f"Your own wording of “{text.title}” says something that the library’s text does "
                f"not say there: {in_words(added)}. Nobody compared that with the rest of the "
                "policy.",
                "Make sure that it is true and that no other sentence says otherwise, or use the "
                "library’s text. Have a lawyer check it.",
                clause=slug,
                sentence=said,
                questions=subject.questions_behind(slug),
            )


def sayings_in(text: str) -> frozenset[tuple[str, str]]:
    """Return what the sentences of a text say: pairs of a verb and “”, “not” or “only”.

    “never” and “always” are said of nothing (a blank verb). Placeholders are left out: what they
    print rests on answers.
    """
    return frozenset(
        pair for sentence in _sentences(PLACEHOLDER.sub(" ", text)) for pair in _said_in(sentence)
    )


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in SENTENCE_END.finditer(text):
        yield text[start : end.end()]
        start = end.end()
    yield text[start:]


def _said_in(sentence: str) -> Iterator[tuple[str, str]]:
    how = "not" if DENIAL.search(sentence) else "only" if LIMIT.search(sentence) else ""
    for verb, forms in VERBS.items():
        if forms.search(sentence):
            yield verb, how
    if found := NEVER.search(sentence):
        yield "", found[0].lower()


def in_words(sayings: Iterable[tuple[str, str]]) -> str:
    """Return what is said as it is named in a finding: “not share” and “sell”."""
    return listing([f"“{f'{how} {verb}'.strip()}”" for verb, how in sorted(sayings)])


CHECK = Check(CODES, _find)
