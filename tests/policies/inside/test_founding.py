"""Founding a practice by those who answered an interview first."""

from __future__ import annotations

import pytest

from policygen.policies.drafting.drafts import start_draft
from policygen.policies.drafting.examples import invented_names
from policygen.policies.holders import Holder
from tests.policies.cast import account
from tests.practices.browsers import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("release")]


def test_the_form_does_not_offer_the_name_that_an_example_brought_along():
    somebody = account("somebody")
    first = "Elm Dental"
    start_draft(Holder(user=somebody), title=first, release="0" * 64)
    for invented in sorted(invented_names()):
        start_draft(Holder(user=somebody), title=invented, release="0" * 64)
    assert invented_names()
    page = browser_of(somebody).get("/practices/new/").content.decode()
    assert f'value="{first}"' in page
