"""``words.yaml`` beside the clauses: read with file and line, and left out where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from policygen.core.problems import Refused
from policygen.library.word_lists import read_words, words_at_hand
from tests.core.small import SMALL

WORDS = """\
words:
  - id: shield
    kind: dead-law
    find: [Privacy Shield]
    says: it is gone.
    mend: Leave it out.
  - id: use
    kind: legalese
    find: [utiliz*]
    plain: use
"""


def write(folder: Path, text: str) -> Path:
    (folder / "words.yaml").write_text(text, encoding="utf-8")
    return folder


def test_lists_are_read(tmp_path: Path) -> None:
    assert [one.id for one in read_words(write(tmp_path, WORDS), SMALL)] == ["shield", "use"]


def test_a_folder_without_lists_has_none(tmp_path: Path) -> None:
    assert read_words(tmp_path) == ()


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (
            "dead-law",
            "dead-laws",
            "words.yaml:3: “dead-laws” does not fit. Did you mean “dead-law”",
        ),
        ("[Privacy Shield]", "[]", "words.yaml:4: Write the phrases"),
        ("    plain: use\n", "", "words.yaml:7: The plain is missing."),
        ("id: use", "id: shield", "words.yaml:2: This id stands twice."),
        ("    says: it", "    unless: {any: [datum]}\n    says: it", "words.yaml:5: “datum” names"),
        ("words:", "word:", "words.yaml:1: Write “words:” and under it a list."),
        ("  - id: use\n", "  - [\n", "words.yaml:9: This is not YAML"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    tmp_path: Path, old: str, new: str, place: str
) -> None:
    folder = write(tmp_path, WORDS.replace(old, new))
    with pytest.raises(Refused) as refused:
        read_words(folder, SMALL)
    assert str(refused.value.problems[0]).startswith(place)


def test_without_a_vocabulary_answers_are_not_looked_up(tmp_path: Path) -> None:
    text = WORDS.replace("    says: it", "    unless: {any: [datum]}\n    says: it")
    assert len(read_words(write(tmp_path, text))) == 2


def test_lists_that_cannot_be_read_are_none_and_are_logged(
    tmp_path: Path, settings: object, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CLAUSES_DIR = write(tmp_path, "words: 1\n")  # type: ignore[attr-defined]
    assert words_at_hand() == ()
    assert "the lists of words cannot be read" in caplog.text


def test_check_library_reads_them_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_library", str(folder))
    write(folder, WORDS.replace("dead-law", "dead-laws"))
    with pytest.raises(CommandError):
        call_command("check_library", str(folder))
    assert "words.yaml:3:" in capsys.readouterr().err
