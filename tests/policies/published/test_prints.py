"""The same document is rendered once, however many ask for it, and whoever dies meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from django.utils import timezone

from policygen.policies.models import Print, VersionFile
from policygen.policies.published import files, prints
from policygen.rendering import PdfBusy, Rendered
from policygen.rendering.limits import PdfLimits
from tests.patience import PATIENCE
from tests.policies.published.buckets import bucket
from tests.threads import together

MANY = 20


@pytest.fixture(autouse=True)
def _files_of_its_own(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FILES_DIR = tmp_path / "files"
    monkeypatch.setattr(prints, "PAUSES", (0.005,))


class Press:
    """What renders, and counts how often it was asked."""

    def __init__(self, content: bytes = b"The PDF.") -> None:
        self.content, self.asked, self._lock = content, 0, Lock()
        self.before: Callable[[int], object] = lambda number: None

    def __call__(self) -> Rendered:
        with self._lock:
            self.asked += 1
            number = self.asked
        self.before(number)
        return Rendered("elm.pdf", "application/pdf", self.content)


def ask(press: Press, text: str = "a document", mark: str = "m") -> VersionFile:
    return prints.stored("pdf", text, mark, press)


def at_once(action: Callable[[], Any], count: int = MANY) -> list[Any]:
    """Do something in so many threads that begin together; return what each gave, or PdfBusy."""
    return together(*[action] * count, refusals=(PdfBusy,))


def same(made: VersionFile) -> None:
    """It is the one PDF of these tests, staged."""
    assert (made.format, made.filename, made.content_type, made.renderer) == (
        "pdf",
        "elm.pdf",
        "application/pdf",
        "m",
    )
    assert made.size == len(b"The PDF.")
    assert files.look(made.sha256) == b"The PDF."


# ------------------------------------------------------------------ one after the other


@pytest.mark.django_db
def test_who_asks_again_is_given_the_bytes_that_are_there():
    press = Press()
    for _ in range(3):
        same(ask(press))
    assert press.asked == 1
    row = Print.objects.get()
    assert (row.format, row.size, row.held_until) == ("pdf", 8, None)


@pytest.mark.django_db
@pytest.mark.parametrize("other", [{"text": "another document"}, {"mark": "another renderer"}])
def test_another_document_or_another_renderer_is_another_print(other):
    press = Press()
    ask(press)
    ask(press, **other)
    assert press.asked == Print.objects.count() == 2


def test_the_parts_of_a_key_do_not_run_into_each_other():
    keys = {prints.key_of(*parts) for parts in [("a", "b", "c"), ("ab", "", "c"), ("a", "bc", "")]}
    assert len(keys) == 3


@pytest.mark.django_db
def test_bytes_that_are_gone_are_rendered_anew():
    press = Press()
    name = ask(press).sha256
    files.settle([name])
    files.erase(name)
    same(ask(press))
    assert press.asked == 2
    assert Print.objects.get().sha256 == name


@pytest.mark.django_db
def test_bytes_that_were_damaged_are_rendered_anew(settings):
    press = Press()
    name = ask(press).sha256
    (Path(settings.FILES_DIR) / files.STAGED / name).write_bytes(b"damaged")
    same(ask(press))
    assert press.asked == 2


@pytest.mark.django_db
def test_what_is_given_again_is_staged_again():
    """A sweep between the two would take what no version names yet."""
    press = Press()
    name = ask(press).sha256
    files.settle([name])
    same(ask(press))
    files.erase(name)
    assert files.read(name) == b"The PDF."


@pytest.mark.django_db
def test_a_failure_leaves_no_claim_behind():
    press = Press()

    def fail(number: int) -> None:
        if number == 1:
            raise PdfBusy("All are busy.")

    press.before = fail
    with pytest.raises(PdfBusy):
        ask(press)
    assert not Print.objects.exists()
    same(ask(press))


@pytest.mark.django_db
def test_a_disk_that_is_full_leaves_no_claim_behind(monkeypatch):
    press = Press()

    def full(_: bytes) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(files, "stage", full)
        ask(press)
    assert not Print.objects.exists()
    same(ask(press))


# ------------------------------------------------------------------ at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_twenty_that_ask_at_once_are_given_one_rendering(where):
    with ExitStack() as stack:
        if where == "bucket":
            stack.enter_context(bucket())
        press = Press()
        for made in at_once(lambda: ask(press)):
            same(made)
        assert press.asked == 1
        assert Print.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_if_whoever_renders_fails_one_of_those_who_wait_does_it():
    press = Press()

    def fail(number: int) -> None:
        if number <= 3:
            raise PdfBusy("All are busy.")

    press.before = fail
    outcomes = at_once(lambda: ask(press))
    assert sum(isinstance(one, PdfBusy) for one in outcomes) == 3
    for made in outcomes:
        if not isinstance(made, PdfBusy):
            same(made)
    assert press.asked == 4


@pytest.mark.django_db
def test_a_claim_of_somebody_who_died_is_taken_over_when_it_ends():
    press = Press()
    key = prints.key_of("pdf", "m", "a document")
    soon = timezone.now() + timedelta(milliseconds=200)
    Print.objects.create(key=key, format="pdf", held_until=soon)
    same(ask(press))
    assert timezone.now() >= soon, "it was waited for"
    assert press.asked == 1
    assert Print.objects.get().held_until is None


@pytest.mark.django_db
def test_nobody_waits_longer_than_their_patience(monkeypatch):
    monkeypatch.setattr(prints, "PATIENCE", 0.1)
    press = Press()
    late = timezone.now() + timedelta(hours=1)
    key = prints.key_of("pdf", "m", "a document")
    Print.objects.create(key=key, format="pdf", held_until=late)
    same(ask(press))
    assert Print.objects.get().held_until == late, "the claim of the other one is left alone"


@pytest.mark.django_db(transaction=True)
def test_of_those_who_overtake_a_dead_one_only_one_renders():
    press = Press()
    key = prints.key_of("pdf", "m", "a document")
    Print.objects.create(key=key, format="pdf", held_until=timezone.now())
    for made in at_once(lambda: ask(press)):
        same(made)
    assert press.asked == 1


@pytest.mark.django_db(transaction=True)
def test_a_slow_one_that_was_overtaken_does_not_spoil_the_row(monkeypatch):
    monkeypatch.setattr(prints, "LEASE", timedelta(milliseconds=50))
    began, overtaken = threading.Event(), threading.Event()
    press = Press()

    def be_slow(number: int) -> None:
        if number == 1:
            began.set()
            overtaken.wait(PATIENCE)

    press.before = be_slow
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(at_once, lambda: ask(press), 1)
        assert began.wait(PATIENCE)
        same(ask(press))
        overtaken.set()
        same(slow.result()[0])
    assert press.asked == 2
    assert Print.objects.get().held_until is None


# ------------------------------------------------------------------ how long they stay


@pytest.mark.django_db
def test_the_sweep_takes_rows_that_nobody_needs():
    for number, age in enumerate([0, 2, 40]):
        ask(Press(), text=f"document {number}")
        made = timezone.now() - timedelta(days=age)
        key = prints.key_of("pdf", "m", f"document {number}")
        Print.objects.filter(pk=key).update(made=made)
    assert prints.sweep(older_than=timedelta(days=1)) == 2
    assert Print.objects.get().pk == prints.key_of("pdf", "m", "document 0")


# ------------------------------------------------------------------ how long others wait


def test_nobody_begins_anew_while_a_pdf_may_still_be_made():
    limits = PdfLimits()
    assert prints.LEASE.total_seconds() > limits.wait + limits.start + limits.wall
    assert prints.LIMITS.wall < prints.PATIENCE < 60  # a proxy gives a request up after 90 s


@pytest.mark.django_db
def test_only_what_is_printed_has_a_row_to_be_asked_for(django_assert_num_queries):
    made = ask(Press())
    with django_assert_num_queries(1):
        assert prints.problem_of(made, "a document") == ""
    made.format = "txt"
    with django_assert_num_queries(0):
        assert prints.problem_of(made, "a document") == ""
