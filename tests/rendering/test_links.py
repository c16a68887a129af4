"""Which addresses become links, and what plain text says about them."""

import pytest

from policygen.rendering.links import address_to_print, safe_href
from tests.rendering import documents


@pytest.mark.parametrize("href", [*documents.GOOD_ADDRESSES, "#section-contact-us"])
def test_safe_addresses_pass(href: str) -> None:
    assert safe_href(href) == href


@pytest.mark.parametrize(
    "href", [h for h in documents.BAD_ADDRESSES if not h.startswith("#section-")]
)
def test_others_do_not(href: str) -> None:
    assert safe_href(href) == ""


@pytest.mark.parametrize(
    "start", ["https://", "mailto:", "tel:", "#section-", "https://a.example/"]
)
def test_an_endless_address_is_refused_at_once(start: str) -> None:
    assert safe_href(start + "a" * 50_000 + "!\n") == ""


@pytest.mark.parametrize(
    ("text", "href", "added"),
    [
        ("our website", "https://a.example/b", "https://a.example/b"),
        ("https://a.example/b", "https://a.example/b", ""),
        ("a.example", "https://a.example/", ""),
        ("privacy@a.example", "mailto:privacy@a.example", ""),
        ("our officer", "mailto:privacy@a.example", "privacy@a.example"),
        ("+1 (207) 555-0142", "tel:+12075550142", ""),
        ("call us", "tel:+12075550142", "+12075550142"),
        ("see below", "#section-contact", ""),
        ("dropped", "", ""),
    ],
)
def test_plain_text_says_the_address_once(text: str, href: str, added: str) -> None:
    assert address_to_print(text, href) == added
