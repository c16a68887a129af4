"""What somebody typed does not go to the log inside of what an exception says."""

from __future__ import annotations

import pytest

from policygen import discretion


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (ValueError("invalid literal for int() with base 10: 'Dr. Quux'"), "base 10: “…”"),
        (ValueError('cannot read "Dr. Quux\'s answer"'), "cannot read “…”"),
        (ValueError("“Dr. Quux” is no practice"), "“…” is no practice"),
        (OSError("550 <quux@clinic.example> does not exist"), "550 <…@…> does not exist"),
        (OSError("call +1 (217) 555-0199 now"), "call … now"),
        (OSError("call 2175550199."), "call …."),
        (
            ValueError('duplicate key "users_email"\nDETAIL:  Key (email)=(Quux) already exists.'),
            "duplicate key “…”",
        ),
        (ValueError("Key (name)=(Quux) exists"), "Key (name)=(…) exists"),
        (AttributeError("'NoneType' object has no attribute 'pk'"), "has no attribute 'pk'"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (RuntimeError("x" * 9_000), "x" * discretion.MOST),
    ],
)
def test_what_happened_is_kept_and_whom_it_is_about_is_not(error, kept):
    said = discretion.said_by(error)
    assert kept in said
    assert "uux" not in said
    assert "555" not in said
    assert len(said) <= discretion.MOST


def test_an_exception_that_cannot_be_shown_is_told_all_the_same():
    class Broken(Exception):
        def __str__(self):
            raise RuntimeError

    assert discretion.said_by(Broken()) == "(cannot be shown)"


def raised() -> Exception:
    try:
        try:
            raise KeyError("piece")
        except KeyError as error:
            raise ValueError("no place for 'Dr. Quux'") from error
    except ValueError as error:
        return error


def test_a_traceback_names_places_and_both_errors_in_their_order():
    told = discretion.told(raised())
    assert told.index("KeyError: 'piece'") < told.index("This led to:")
    assert told.index("This led to:") < told.index("ValueError: no place for “…”")
    assert "test_discretion.py" in told


def test_an_error_during_another_one_is_told_as_such():
    first, second = KeyError("piece"), OSError("gone")
    second.__context__ = first
    assert discretion.told(second) == "KeyError: 'piece'\nThen, meanwhile:\nOSError: gone"


def test_errors_that_lead_to_each_other_come_to_an_end():
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert discretion.told(one).count("ValueError") == 2


def test_a_text_without_addresses_stays_as_it_is():
    assert discretion.without_addresses("GET practice 200") == "GET practice 200"
    assert discretion.without_addresses("to a.b@c.example, d") == "to …@…, d"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Can't read 'Quux Smith' as a date", "Can't read “…” as a date"),
        ("the user's name is 'Quux'", "the user's name is “…”"),
        ("no 'Quux', no \"Quux\", no “Quux”", "no “…”, no “…”, no “…”"),
        (repr('O\'Quux "of" Quux'), "“…”"),
        (repr("it's' Quux \" x"), "“…”"),
        ("the bytes b'Quux' and u\"Quux\"", "the bytes “…” and “…”"),
        ("bad ‘Quux’s practice’ here", "bad “…” here"),
        ("over 'two\nlines of Quux' it goes", "over “…” it goes"),
        ("begun 'with Quux", "begun “…”"),
        ("Can't read “Quux", "Can't read “…”"),
        ("of „Quux Dental“, say", "of “…”"),
        ("a 'Quux 'Bob' Quux' is nested", "a “…”"),
        ("odd'Quux Quux' here", "odd“…”"),
        ("Can't do it, won't do it", "Can't do it, won't do it"),
    ],
)
def test_an_apostrophe_is_no_quotation_and_a_quotation_without_an_end_is_cut_off(said, kept):
    assert discretion.without_words(said) == kept


@pytest.mark.parametrize("text", ["a" * 2_000_000 + ",@b", "a" * 2_000_000, "\n" * 2_000_000])
def test_a_long_text_is_looked_at_once(text):
    """With two looks at each sign this would take hours."""
    assert discretion.without_addresses(f"@ {text}") == f"@ {text}"
    assert len(discretion.without_words(f"{text}@")) <= discretion.MOST


def test_an_address_is_taken_out_whatever_its_length():
    quux = "quux" * 50
    assert discretion.without_addresses(f"<{quux}@{quux}.example>, a@b@c") == "<…@…>, …@…@c"
