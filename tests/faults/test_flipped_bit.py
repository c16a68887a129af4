"""X18: a bit of a stored file flips: verify says so, and readers get the bytes of before."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client, override_settings

from policygen.policies.models import Policy, VersionFile
from policygen.policies.public import caching, downloads
from policygen.policies.published import files
from policygen.policies.published.storages import LocalFiles
from tests.faults.site import problems
from tests.policies.cast import Cast, published

ADDRESS = "/p/elm-dental/privacy-policy"


@pytest.mark.parametrize("damage", ["flipped", "missing", "empty"])
def test_readers_get_the_same_bytes_and_the_file_is_mended(
    policy: Policy, people: Cast, damage: str
) -> None:
    version = published(policy, people.owner)
    for file in version.files.all():
        downloads.FILES.clear()
        before = Client().get(f"{ADDRESS}/v/1.{file.format}").content
        assert files.sha256(before) == file.sha256
        path = LocalFiles().root / file.sha256[:2] / file.sha256
        spoil(path, damage)
        assert [line for line in problems() if f", {file.format}: " in line]
        downloads.FILES.clear()
        caching.PAGES.clear()
        assert Client().get(f"{ADDRESS}/v/1.{file.format}").content == before
        assert path.read_bytes() == before
    assert problems(quick=False) == []


def spoil(path: Path, damage: str) -> None:
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content)


def test_a_pdf_that_cannot_be_made_again_is_not_replaced_by_another(
    policy: Policy, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(policy, people.owner)
    file = VersionFile.objects.get(format="pdf")
    spoil(LocalFiles().root / file.sha256[:2] / file.sha256, "flipped")
    downloads.FILES.clear()
    monkeypatch.setattr("policygen.policies.published.serving.renderer", lambda name: "another")
    with override_settings(DEBUG=False):
        response = Client(raise_request_exception=False).get(f"{ADDRESS}.pdf")
    assert response.status_code == 503
    assert file.sha256 not in response.content.decode()
    for name in ("html", "txt", "md", "json"):
        assert Client().get(f"{ADDRESS}.{name}").status_code == 200
