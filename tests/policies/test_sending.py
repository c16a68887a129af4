"""Files that a browser saves: one header for all of them, which no name can deceive with."""

from __future__ import annotations

import pytest

from policygen.policies.inside import notice as notice_pages
from policygen.policies.inside import version as version_pages
from policygen.policies.sending import attachment
from policygen.rendering import Rendered
from tests.policies.cast import cast, policy_of, published
from tests.practices.browsers import at, browser_of

TURNED = "policy\u202efdp.exe"
"""A right-to-left override: many programs show “policyexe.pdf”."""


@pytest.mark.parametrize("name", [TURNED, "policy\u2067fdp.exe", "policy\r\nX: fdp.exe"])
def test_a_name_that_would_be_read_otherwise_is_made_plain(name: str) -> None:
    response = attachment(b"MZ", "application/pdf", name)
    header = response["Content-Disposition"]
    assert header.startswith("attachment; filename=")
    assert header.isascii()
    assert "%E2%80%AE" not in header
    assert "%E2%81%A7" not in header
    assert "X" not in response.headers
    assert (response.content, response["Content-Type"]) == (b"MZ", "application/pdf")


def test_members_get_the_same_header_as_everybody(release, monkeypatch) -> None:
    people = cast()
    policy = policy_of(people)
    version = published(policy, people.owner)
    real = version_pages.files_of

    def turned(found: object) -> object:
        files = real(found)
        files["txt"].filename = TURNED
        return files

    monkeypatch.setattr(version_pages, "files_of", turned)
    monkeypatch.setattr(notice_pages, "rendered", lambda *_: Rendered(TURNED, "text/plain", b"x"))
    there = at(people.practice, f"policies/{policy.slug}/versions/{version.number}/")
    client = browser_of(people.viewer)
    for address in (f"{there}txt", f"{there}notice/notice.txt"):
        response = client.get(address)
        assert response.status_code == 200, address
        assert response["Content-Disposition"] == 'attachment; filename="policyfdp.exe"'
