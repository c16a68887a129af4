"""Words and links that point to something that is not in the document."""

from __future__ import annotations

from collections.abc import Iterator

from policygen.core.analysis.findings.finding import Check, Finding, Subject
from policygen.core.analysis.sentences import BLANK
from policygen.core.body import DANGLING_WORDS
from policygen.core.conflicts import Severity
from policygen.core.document import section_href

TARGET = "reference-dangling"
WORDS = "reference-words"

CODES = {
    TARGET: "A link leads to a section that the document does not have.",
    WORDS: "A word such as “below” or “section 4” can point to something that is not there.",
}


def _find(subject: Subject) -> Iterator[Finding]:
    there = {section_href(section.id) for section in subject.document.sections}
    for run in subject.runs:
        if run.run.href.startswith("#") and run.run.href not in there:
            yield Finding(
                TARGET,
                Severity.BLOCKS,
                f"“{run.run.text}” leads to a section that this policy does not have.",
                "Take the link out of your wording, or answer the questions of that section.",
                clause=run.clause.slug,
                sentence=run.run.text,
                questions=subject.questions_behind(run.clause.slug),
            )
    for sentence in subject.own_sentences:
        if found := DANGLING_WORDS.search(sentence.masked.replace(BLANK, "")):
            yield Finding(
                WORDS,
                Severity.WARNS,
                f"“{found[0]}” can point to something that is not there: the order of a policy "
                "depends on the answers.",
                "Name the section instead, or leave the words out.",
                clause=sentence.clause.slug,
                sentence=sentence.text,
                questions=subject.questions_behind(sentence.clause.slug),
            )


CHECK = Check(CODES, _find)
