"""Web addresses, e-mail addresses and numbers: taken as typed, or refused with what is right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.core.links import (
    EMAIL_LIMIT,
    PHONE_LIMIT,
    URL_LIMIT,
    email_address,
    mailto_href,
    phone_number,
    tel_href,
    web_address,
)
from policygen.core.text import TextRefused
from tests.core.small import often

WEB = {
    "https://www.example.com": "https://www.example.com",
    "http://www.practicepanther.com/contact/": "http://www.practicepanther.com/contact/",
    "HTTPS://Example.COM/Path": "HTTPS://Example.COM/Path",
    "www.PracticePanther.com": "https://www.PracticePanther.com",
    "example.com/a?b=c&d=e#f": "https://example.com/a?b=c&d=e#f",
    "https://xn--80ak6aa92e.com": "https://xn--80ak6aa92e.com",
    "https://example.com:8443/": "https://example.com:8443/",
    "  https://example.com  ": "https://example.com",
}
NO_WEB = [
    *("javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "javascript://x.com/"),
    *("java\x01script:alert(1)", "\x01javascript:alert(1)", "data:text/html,<b>", "vbscript:x"),
    *("file:///etc/passwd", "ftp://example.com", "mailto:a@example.com", "tel:123", "about:blank"),
    *("//evil.example", "https:evil.example", "https:/evil.example", "https:///evil.example"),
    *("https://ok@evil.example", "https://ok:pw@evil.example", "https://@evil.example"),
    *("https://раypal.com", "https://example.com/раypal", "https://exämple.com", "https://例え.jp"),
    *(
        "https://localhost",
        "https://127.0.0.1",
        "https://[::1]/",
        "https://2130706433",
        "https://a",
    ),
    *("https://example.com:0", "https://example.com:65536", "https://example.com:x"),
    *("https://exa mple.com", "https://example.com/<b>", 'https://example.com/"x', "https://.com"),
    *(
        "https://-a.com",
        "https://a..com",
        "https://example.c",
        "https://[",
        "http://[x]y",
        "https://",
    ),
    *(
        "https://example.com\\@evil.example",
        "https://example.com\u202e",
        "https://a.com\nhttps://b.com",
    ),
    *("", " ", "none of your business", "https://" + "a" * 64 + ".com", "a@b.example/x"),
]
EMAIL = [
    "a@example.com",
    "First.Last+tag@sub.example.co",
    "HSPSOptOut@henryschein.com",
    "a?b&c=d@x.org",
]
NO_EMAIL = [
    *("", "a", "@example.com", "a@", "a@b", "a@@example.com", "a b@example.com", "a@exa mple.com"),
    *("<a@example.com>", "a@example.com, b@example.com", "a@example.com\nBcc: b@example.com"),
    *('"a b"@example.com', ".a@example.com", "a.@example.com", "a..b@example.com", "a@[127.0.0.1]"),
    *(
        "mailto:a@example.com",
        "a@-example.com",
        "а@example.com",
        "a@exämple.com",
        "x" * 65 + "@a.de",
    ),
]
PHONE = [
    *("800.336.8749", "866.609.5506", "+92 300 17-5050-2", "+1 (555) 010-0199", "(555) 010-0199"),
    *("555-0100 ext. 12", "555-0100 x12", "030/1234567"),
]
NO_PHONE = [
    *(
        "",
        "call us",
        "12",
        "++1 555 010 0199",
        "555-CALL-NOW",
        "tel:5550100",
        "555\n0100",
        "555;ext=1",
    ),
    *("٠١٢٣٤٥٦", "5550100 extension 5", "- 555 0100", "555 0100 -", "<555>", "5" * 42),
]


@pytest.mark.parametrize("raw", WEB)
def test_a_web_address_is_printed_as_it_was_typed(raw: str) -> None:
    assert web_address(raw) == WEB[raw]
    assert web_address(WEB[raw]) == WEB[raw]


@pytest.mark.parametrize("raw", NO_WEB)
def test_what_is_no_honest_web_address_is_refused(raw: str) -> None:
    with pytest.raises(TextRefused):
        web_address(raw)


@pytest.mark.parametrize(
    ("raw", "right"),
    [
        ("https://ok@evil.example", "Remove the part before the @ sign"),
        ("https://раypal.com", "xn-- form"),
        ("javascript:alert(1)", "begins with https:// or http://"),
        ("https://localhost", "such as https://www.example.com"),
    ],
)
def test_the_refusal_says_what_would_be_right(raw: str, right: str) -> None:
    with pytest.raises(TextRefused, match=right):
        web_address(raw)


@pytest.mark.parametrize("raw", EMAIL)
def test_an_email_address_is_printed_as_it_was_typed(raw: str) -> None:
    assert email_address(f" {raw} ") == raw


@pytest.mark.parametrize("raw", NO_EMAIL)
def test_what_is_no_email_address_is_refused(raw: str) -> None:
    with pytest.raises(TextRefused):
        email_address(raw)


@pytest.mark.parametrize("raw", PHONE)
def test_a_number_is_printed_as_it_was_typed(raw: str) -> None:
    assert phone_number(raw) == raw


@pytest.mark.parametrize("raw", NO_PHONE)
def test_what_is_no_number_is_refused(raw: str) -> None:
    with pytest.raises(TextRefused):
        phone_number(raw)


@pytest.mark.parametrize(
    ("check", "longest", "limit"),
    [
        (web_address, "https://example.com/" + "x" * (URL_LIMIT - 20), URL_LIMIT),
        (email_address, "x" * 64 + "@" + ("y" * 60 + ".") * 3 + "z" * 6, EMAIL_LIMIT),
        (phone_number, "5" * 40 + " ext. 1234", PHONE_LIMIT),
    ],
)
def test_the_longest_is_taken_and_one_character_more_is_not(
    check: object, longest: str, limit: int
) -> None:
    assert len(longest) == limit
    assert check(longest) == longest  # type: ignore[operator]
    with pytest.raises(TextRefused, match="Shorten it"):
        check(longest + "1" * 1)  # type: ignore[operator]


def test_a_telephone_link_holds_digits_only_and_leaves_the_extension_out() -> None:
    assert tel_href("+1 (555) 010-0199 ext. 12") == "tel:+15550100199"
    assert tel_href("800.336.8749") == "tel:8003368749"
    assert tel_href("555-0100 x12") == "tel:5550100"


def test_no_part_of_an_email_address_becomes_a_header_of_the_mail() -> None:
    assert mailto_href("a@example.com") == "mailto:a@example.com"
    assert mailto_href("a?bcc=b&c=d#e%@x.org") == "mailto:a%3Fbcc%3Db%26c%3Dd%23e%25@x.org"


@often
@given(st.text(max_size=40) | st.text(alphabet="htps:/.@\\#?[]%ab1-", max_size=40))
def test_any_text_is_taken_or_refused_and_what_is_taken_is_safe(text: str) -> None:
    for check in (web_address, email_address, phone_number):
        try:
            taken = check(text)
        except TextRefused:
            continue
        assert taken.isascii()
        assert taken.isprintable()
        assert not set(taken) & set('<>"\\`{}\n\r') or check is email_address
        if check is web_address:
            assert taken.lower().startswith(("https://", "http://"))
            assert "@" not in taken.split("/")[2]


@pytest.mark.parametrize("check", [web_address, email_address, phone_number])
@pytest.mark.parametrize("unit", ["a", "a.", "a-", "1", "(", "1 ", "a@", "+", "https://a."])
def test_no_text_keeps_a_check_busy(check: object, unit: str) -> None:
    for length in (300, 50_000):
        with pytest.raises(TextRefused):
            check((unit * length)[:length] + "!")  # type: ignore[operator]
