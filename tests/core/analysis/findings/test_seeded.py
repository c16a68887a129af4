"""Every kind of finding is found where its defect is, and not found where it is not."""

from __future__ import annotations

import pytest

from policygen.core.analysis.findings import registry
from tests.core.analysis.findings.seeded import OWNED_ELSEWHERE, SEEDED
from tests.core.analysis.findings.subjects import codes, found

OURS = sorted(code for code in registry.CODES if not code.startswith(OWNED_ELSEWHERE))


def test_every_code_has_a_seeded_defect() -> None:
    assert sorted(SEEDED) == OURS


@pytest.mark.parametrize("code", OURS)
def test_a_defect_is_found(code: str) -> None:
    assert code in codes(SEEDED[code].bad)


@pytest.mark.parametrize("code", OURS)
def test_what_is_much_like_it_is_not_found(code: str) -> None:
    assert code not in codes(SEEDED[code].good)


@pytest.mark.parametrize("code", OURS)
def test_a_finding_says_what_is_wrong_and_what_to_do_in_whole_sentences(code: str) -> None:
    for finding in found(SEEDED[code].bad, code):
        assert finding.says.rstrip("”)")[-1] in ".!?"
        assert finding.mend.rstrip("”)")[-1] in ".!?"
        assert set(finding.questions) <= set(SEEDED[code].bad.library.vocabulary.by_id)


def test_no_code_is_given_twice_or_used_again() -> None:
    given = [code for check in registry.CHECKS for code in check.codes]
    assert len(given) == len(set(given))
    assert not set(given) & set(registry.RETIRED)


def test_what_blocks_comes_first() -> None:
    severities = [one.severity for one in registry.review(SEEDED["claims-clash"].bad)]
    assert severities == sorted(severities, key=["blocks", "warns", "note"].index)
