"""The files of versions, as strangers get them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from policygen.policies.models import VersionFile
from policygen.policies.published import files
from policygen.policies.published.versions import files_of
from policygen.rendering import FORMATS
from policygen.rendering.filenames import disposition
from policygen.rendering.html import style_sources
from tests.policies.cast import published
from tests.policies.public.conftest import ADDRESS, restart, today

HOSTILE = [
    'a"; filename="evil.exe',
    "a\r\nSet-Cookie: x=1",
    "a\nb.pdf",
    "policy\u202efdp.exe",
    "\u200f\u2066Elm\u2069.pdf",
    "../../etc/passwd",
    "C:\\Windows\\x.pdf",
    "a;b=c,d.pdf",
    "x" * 5000 + ".pdf",
    "é" * 5000 + ".pdf",
    "שיניים.pdf",
    "\x00.pdf",
    "...",
    "",
    "\u2028\u2029.pdf",
    "%00%0d%0a.pdf",
    "a.pdf." + "b" * 300,
    "😀.pdf",
    "'';!--\"<x>=&{()}",
]


@pytest.mark.django_db
def test_every_format_is_the_stored_bytes(client, people, policy):
    version = published(policy, people.owner)
    stored = files_of(version)
    assert set(stored) == set(FORMATS)
    for name, file in stored.items():
        for tail in (f".{name}", f"/v/1.{name}", f"/on/{today()}.{name}"):
            response = client.get(ADDRESS + tail)
            assert response.content == files.read(file.sha256)
            assert response["Content-Type"] == file.content_type
            assert response["ETag"] == f'"{file.sha256}"'


@pytest.mark.django_db
def test_a_format_that_there_is_not_is_not_there(client, people, policy):
    published(policy, people.owner)
    for name in ("docx", "exe", "p", "pdfx"):
        assert client.get(f"{ADDRESS}.{name}").status_code == 404
        assert client.get(f"{ADDRESS}/v/1.{name}").status_code == 404


@pytest.mark.django_db
def test_browsers_show_what_they_can_and_save_the_rest(client, people, policy):
    published(policy, people.owner)
    for name in FORMATS:
        shown = client.get(f"{ADDRESS}.{name}")["Content-Disposition"]
        kind = "inline" if name in {"pdf", "html"} else "attachment"
        assert shown.startswith(f'{kind}; filename="'), name
        saved = client.get(f"{ADDRESS}.{name}?download")["Content-Disposition"]
        assert saved == shown.replace("inline", "attachment")


@pytest.mark.django_db
def test_the_stand_alone_page_has_rules_of_its_own(client, people, policy):
    published(policy, people.owner)
    response = client.get(f"{ADDRESS}.html")
    (style,) = style_sources(response.content)
    rules = dict(
        part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";")
    )
    assert rules == {
        "default-src": "'none'",
        "style-src": style,
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_out_of_its_header(name):
    header = disposition(name, save=True)
    assert header.isascii()
    assert header.isprintable()
    found = re.fullmatch(
        r"attachment; filename=\"([A-Za-z0-9._-]{1,150})\""
        r"(; filename\*=UTF-8''((?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+))?",
        header,
    )
    assert found, header
    assert not found[1].startswith(".")
    assert ".." not in found[1] or name.endswith("...") is False
    for hidden in ("%0D", "%0A", "%00", "%E2%80%AE", "%E2%80%8F", "%2F", "%5C", "%22"):
        assert hidden not in (found[3] or "")


def test_a_plain_name_stays_as_it_is():
    assert disposition("elm.pdf", save=False) == 'inline; filename="elm.pdf"'


def test_a_name_in_another_script_is_kept_for_those_who_can_read_it():
    header = disposition("Zähne-דוד.pdf", save=True)
    assert header.startswith('attachment; filename="Zahne-')
    assert "filename*=UTF-8''Z%C3%A4hne-" in header
    assert header.endswith(".pdf")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ['a"\r\nX: y.pdf', "policy\u202efdp.exe", "x" * 199])
def test_a_hostile_name_in_the_database_gives_one_harmless_header(
    client, people, policy, monkeypatch, name
):
    version = published(policy, people.owner)
    row = VersionFile(version=version, format="pdf", sha256=files_of(version)["pdf"].sha256)
    row.content_type, row.filename = "application/pdf", name
    monkeypatch.setattr("policygen.policies.public.downloads._row", lambda *_: row)
    response = client.get(f"{ADDRESS}.pdf")
    assert response.status_code == 200
    assert "X" not in response.headers
    assert response["Content-Disposition"] == disposition(name, save=False)


# ---------------------------------------------------------------- damage


def stored_at(version: object, name: str) -> Path:
    sha = files_of(version)[name].sha256  # type: ignore[arg-type]
    return Path(settings.FILES_DIR) / sha[:2] / sha


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["html", "txt", "md", "json"])
def test_a_flipped_bit_is_mended_before_anybody_sees_it(client, people, policy, name):
    version = published(policy, people.owner)
    good = client.get(f"{ADDRESS}.{name}").content
    page = client.get(f"{ADDRESS}/").content
    place = stored_at(version, name)
    place.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    restart()
    assert client.get(f"{ADDRESS}.{name}").content == good
    assert client.get(f"{ADDRESS}/").content == page
    assert place.read_bytes() == good


@pytest.mark.django_db
def test_a_page_with_a_flipped_bit_is_never_shown(client, people, policy):
    version = published(policy, people.owner)
    page = client.get(f"{ADDRESS}/").content
    place = stored_at(version, "html")
    place.write_bytes(place.read_bytes().replace(b"privacy", b"piracy "))
    restart()
    assert client.get(f"{ADDRESS}/").content == page
    place.unlink()
    restart()
    assert client.get(f"{ADDRESS}/v/1/").status_code == 200


@pytest.mark.django_db
def test_what_cannot_be_mended_is_refused_with_a_calm_page(client, people, policy):
    version = published(policy, people.owner)
    stored_at(version, "pdf").write_bytes(b"%PDF damaged")  # made by another program than ours
    restart()
    response = client.get(f"{ADDRESS}.pdf")
    assert response.status_code == 503
    assert response["Retry-After"]
    assert b"damaged" not in response.content
    assert client.get(f"{ADDRESS}/").status_code == 200


@pytest.mark.django_db
def test_a_file_is_read_from_the_disk_once(client, people, policy):
    version = published(policy, people.owner)
    good = client.get(f"{ADDRESS}.pdf").content
    stored_at(version, "pdf").unlink()
    assert client.get(f"{ADDRESS}.pdf").content == good
