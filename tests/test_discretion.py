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
