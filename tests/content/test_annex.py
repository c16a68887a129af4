"""Many locations: a list at the end of the policy, where it does not get in anybody's way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policygen.core.answers import Raw, parse_answers
from policygen.core.document import AddressBlock, Document
from policygen.core.inheritance import Site, at_site, with_sites
from policygen.rendering import FORMATS
from tests.content.library import example, library, policy, policy_of

EXAMPLE = "two-location-dental"
SITES = tuple(
    Site(f"Office {number}", (f"{number} Main Street", "Springfield, IL 62701"))
    for number in range(1, 501)
)


def raw() -> dict[str, Raw]:
    return dict(example(EXAMPLE).answers.to_raw())


def made(answers: dict[str, Raw]) -> Document:
    return policy_of(parse_answers(library().vocabulary, answers))


def annexed(*sites: Site) -> Document:
    return made(with_sites(library().vocabulary, raw(), sites))


def names(document: Document, section: str) -> list[str]:
    """Return the locations that a section lists."""
    found = [one for one in document.sections if one.id == section]
    blocks = [block for one in found for clause in one.clauses for block in clause.blocks]
    entries = [e for block in blocks if isinstance(block, AddressBlock) for e in block.entries]
    return [entry.lines[0][0].text for entry in entries if entry.lines[0][0].strong]


def test_an_annex_lists_the_locations_last_and_the_contacts_point_to_it() -> None:
    document = annexed(*SITES[:3])
    assert document.sections[-1].id == "annex"
    assert names(document, "annex") == ["Office 1", "Office 2", "Office 3"]
    assert names(document, "contact") == []
    slugs = {clause.slug for clause in document.clauses()}
    assert "locations-at-the-end" in slugs
    assert "locations" not in slugs


def test_an_annex_names_the_brand_of_a_location_between_its_name_and_its_address() -> None:
    branded = replace(SITES[0], brand="Smile & Co")
    text = FORMATS["txt"].render(annexed(branded, SITES[1])).content.decode()
    lines = [line.strip() for line in text.splitlines()]
    first = lines.index("Office 1")
    assert lines[first : first + 3] == ["Office 1", "Smile & Co", "1 Main Street"]
    assert lines[lines.index("Office 2") + 1] == "2 Main Street"
    assert annexed(*SITES) == annexed(*(replace(site, brand="") for site in SITES))


def test_without_an_annex_locations_stand_with_the_contacts() -> None:
    answers = raw()
    del answers["covered_locations"]
    for document in (policy(EXAMPLE), made(answers)):
        assert names(document, "contact") == ["River Street office", "Lakeside office"]
        assert "annex" not in {section.id for section in document.sections}


def test_the_policy_of_one_location_lists_that_one_and_has_no_annex() -> None:
    vocabulary = library().vocabulary
    group = with_sites(vocabulary, raw(), SITES[:3])
    document = made(at_site(vocabulary, group, SITES[1], ()))
    assert names(document, "contact") == ["Office 2"]
    assert "annex" not in {section.id for section in document.sections}


@pytest.mark.parametrize("name", list(FORMATS))
def test_every_format_takes_500_locations(name: str) -> None:
    content = FORMATS[name].render(annexed(*SITES)).content
    assert len(content) > 20_000
    if name != "pdf":
        assert b"500 Main Street" in content


def test_paper_sets_a_long_list_in_columns_and_a_short_one_as_ever() -> None:
    long, short = (FORMATS["html"].render(annexed(*SITES[:n])).content for n in (9, 8))
    assert b'<address class="many"' in long
    assert b"<address class" not in short


def test_the_text_of_an_annex_holds_each_location_once() -> None:
    text = FORMATS["txt"].render(annexed(*SITES[:20])).content.decode()
    assert [text.count(f"\n{site.address[0]}\n") for site in SITES[:20]] == [1] * 20
