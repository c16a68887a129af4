"""Web addresses, e-mail addresses and telephone numbers, checked by form and never fetched."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from policygen.core.text import TextRefused, clean_line

HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
EMAIL_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
PHONE = re.compile(r"\+?[0-9(][0-9 ().\-/]{2,38}[0-9)](?:,? ?(?:[Ee]xt\.?|x) ?[0-9]{1,6})?")
ADDRESS_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
SAFE_SCHEMES = ("https:", "http:", "mailto:", "tel:")

URL_LIMIT = 300
EMAIL_LIMIT = 254
PHONE_LIMIT = 50


def web_address(raw: str) -> str:
    """Return an http or https address as it is printed. Raises ``TextRefused``.

    Names in other alphabets must be given in their ASCII form (``xn--…``), so that a look-alike
    can be told from the real one; addresses with a user name before ``@`` are refused.
    """
    text = clean_line(raw, limit=URL_LIMIT)
    if "://" not in text and not text.startswith("//") and "@" not in text:
        text = f"https://{text}" if HOST.match(text.lower()) else text
    try:
        parts = urlsplit(text)
        host, user, port = parts.hostname or "", parts.username, parts.port
    except ValueError:
        host, user, port, parts = "", None, None, urlsplit("")
    if parts.scheme.lower() not in {"http", "https"} or not parts.netloc:
        raise TextRefused("Enter a web address that begins with https:// or http://.")
    if user is not None or "@" in parts.netloc:
        raise TextRefused("Remove the part before the @ sign: it can mislead readers.")
    if not ADDRESS_CHARACTERS.fullmatch(text):
        raise TextRefused(
            "Use only plain Latin letters, digits and the usual signs. "
            "Enter a name in another alphabet in its xn-- form."
        )
    if not HOST.fullmatch(host) or (port is not None and not 0 < port < 65536):
        raise TextRefused("Enter a full web address, such as https://www.example.com.")
    return text


def email_address(raw: str) -> str:
    """Return an e-mail address. Raises ``TextRefused``."""
    text = clean_line(raw, limit=EMAIL_LIMIT)
    name, _, host = text.rpartition("@")
    if not EMAIL_NAME.fullmatch(name) or len(name) > 64 or not HOST.fullmatch(host.lower()):
        raise TextRefused("Enter an email address in the form name@example.com.")
    return text


def phone_number(raw: str) -> str:
    """Return a telephone or fax number as it is printed. Raises ``TextRefused``."""
    text = clean_line(raw, limit=PHONE_LIMIT)
    if not PHONE.fullmatch(text) or sum(c.isdigit() for c in text) < 3:
        raise TextRefused("Enter a number such as +1 555 010 0199, or 555-010-0199 ext. 4.")
    return text


def tel_href(number: str) -> str:
    """Return the ``tel:`` address (RFC 3966) of a number that ``phone_number`` has accepted."""
    main, _, _extension = re.sub(r"(?i) ?(ext\.?|x) ?", "x", number).partition("x")
    return "tel:" + re.sub(r"[^0-9+]", "", main)


def mailto_href(address: str) -> str:
    """Return the ``mailto:`` address (RFC 6068) of an address that ``email_address`` has accepted.

    Signs such as ``?`` and ``&`` are escaped, or a part of the name would become a mail header.
    """
    return "mailto:" + quote(address, safe="@!$'*+-._~")
