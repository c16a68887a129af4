"""The laws of the states, of marketing messages, and good practice, over the real library."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from policygen.core.analysis.ledger import Status, ledger
from policygen.core.answers import Answers, parse_answers
from policygen.core.assembly import assemble
from policygen.core.selection import select
from tests.content.library import example, library
from tests.core.small import DAY

OURS = ("baseline", "caloppa", "can-spam-tcpa", "ccpa", "us-state")
VENDOR = "vendor-california"

BOTH = {"points": ["toll-free", "privacy-email"]}

SELLER: Mapping[str, Any] = {
    "people_in": [
        *("california", "colorado", "connecticut", "minnesota", "oregon", "rhode-island", "texas"),
    ],
    "data": [
        *("name", "date-of-birth", "gender", "email-address", "phone-number", "medical-history"),
        *("credit-card", "billing-address", "orders", "login", "company-details", "feedback"),
    ],
    "cross_site": ["ourselves", "others"],
    "technical_purposes": ["block-unauthorized", "interest-ads"],
    "marketing": ["email", "fax", "text-message"],
    "marketing_opt_out": [
        *("messages", "faxes", "unsubscribe-link", "unsubscribe-terms", "fax-terms"),
    ],
    "message_terms": ["stop", "program", "numbers-kept"],
    "recipients": ["payment-processors", "it-providers", "api-partners", "marketing-partners"],
    "technical_recipients": ["affiliates", "advertising-networks"],
    "sale": "yes",
    "shine_the_light": "opt-out",
    "sensitive_sales": ["sensitive", "biometric"],
    "buyers": ["Example Data, Inc.", "Sample Ads, LLC"],
    "kinds_sold": ["identifiers", "internet-activity"],
    "sold_to": ["ad-networks", "data-brokers"],
    "machine_decisions": "significant",
    "opt_outs": ["ads", "machines"],
    "model_training": ["use"],
    "more_kinds": ["geolocation", "inferences"],
    "sensitive_uses": "beyond",
    "under_16": "opted-in",
    "deidentified": ["safe-harbor", "expert"],
    "incentives": ["discount"],
    "incentive_data": ["contact-details", "purchases"],
    "incentive_value": "about 5 dollars a year",
    "incentive_basis": "costs",
    "contacts": {
        "questions": {"points": ["office", "privacy-email"]},
        "marketing-opt-out": {"points": ["privacy-email"]},
        "fax-opt-out": {"points": ["toll-free"]},
        "sale-opt-out": BOTH,
        "access": BOTH,
        "complaints": BOTH,
    },
}
"""What turns the vendor into one that sells, advertises, rewards and lets machines decide."""


@cache
def _vendor() -> dict[str, Any]:
    return example(VENDOR).answers.to_raw()


def seller(**changes: Any) -> Answers:
    return parse_answers(library().vocabulary, {**_vendor(), **SELLER, **changes})


def statuses(answers: Answers) -> dict[str, Status]:
    """Return the status of each element of the five regimes."""
    selection = select(library(), answers)
    document = assemble(selection, answers, on=DAY)
    return ledger(library(), answers, selection, document).only(OURS).statuses()


def missing(answers: Answers) -> set[str]:
    return {name for name, status in statuses(answers).items() if status is Status.MISSING}


@pytest.mark.parametrize("name", [VENDOR, "two-location-dental"])
def test_a_clean_example_states_all_that_these_laws_want(name: str) -> None:
    found = statuses(example(name).answers)
    assert set(found.values()) <= {
        *(Status.SATISFIED, Status.NOT_APPLICABLE, Status.REMINDER),
    }


def test_the_vendor_is_under_all_five_laws() -> None:
    found = statuses(example(VENDOR).answers)
    for prefix in ("ccpa-", "caloppa-", "us-state-", "canspam-", "baseline-"):
        assert any(name.startswith(prefix) for name, s in found.items() if s is Status.SATISFIED)


def test_a_business_that_sells_can_state_all_that_is_wanted_of_it() -> None:
    """Its mobile numbers go to others, so that one promise cannot be true."""
    found = statuses(seller())
    assert missing(seller()) == {"tcpa-mobile-data"}
    skipped = {name for name, status in found.items() if status is Status.NOT_APPLICABLE}
    assert skipped == {"tcpa-health-messages"}
    assert Status.OPEN not in found.values()


@pytest.mark.parametrize(
    ("changes", "elements"),
    [
        (
            {"twelve_months": "different"},
            {"ccpa-7011-e-1-a", "ccpa-7011-e-1-d", "ccpa-7011-e-1-g"},
        ),
        ({"rights": ["access", "correct", "delete", "complain"]}, {"ccpa-7011-e-2-know"}),
        ({"agents": []}, {"ccpa-7011-e-3-h"}),
        ({"identity_proof": []}, {"ccpa-7011-e-3-e"}),
        ({"sensitive_uses": "dont-know"}, {"ccpa-7011-e-1-k"}),
        ({"kinds_to_workers": [], "kinds_to_others": []}, {"ccpa-7011-e-1-h", "us-state-shared"}),
        ({"appeal_days": "none"}, {"us-state-rights-appeal"}),
        ({"cross_site": "dont-know"}, {"caloppa-22575-b-6"}),
        ({"effective_date": "none"}, {"caloppa-22575-b-4"}),
        (
            {"last_updated": "none"},
            {"ccpa-7011-e-4", "us-state-co-contact-date", "us-state-mn-date"},
        ),
        ({"model_training": "dont-know"}, {"us-state-ct-llm"}),
        ({"marketing_opt_out": ["unsubscribe-link"]}, {"canspam-7704-a-3"}),
        ({"ai_tools": ["chat"], "ai_safeguards": [], "ai_training": "dont-know"}, set()),
        ({"stored_in": "none", "transfers": "dont-know"}, {"baseline-location"}),
        ({"confidentiality": []}, {"baseline-health-client-data"}),
    ],
)
def test_what_the_vendor_leaves_unsaid_is_missing_and_nothing_else(
    changes: dict[str, Any], elements: set[str]
) -> None:
    answers = parse_answers(library().vocabulary, {**_vendor(), **changes})
    assert missing(answers) == elements


@pytest.mark.parametrize(
    ("changes", "elements"),
    [
        ({"kinds_sold": []}, {"ccpa-7011-e-1-d"}),
        ({"buyers": "none"}, {"us-state-ri-named"}),
        ({"opt_outs": ["machines"]}, {"us-state-targeted-ads"}),
        ({"opt_outs": ["ads"]}, {"ccpa-7011-e-2-admt"}),
        ({"signal_reach": []}, {"ccpa-7011-e-3-f", "us-state-co-signals"}),
        ({"under_16": "dont-know"}, {"ccpa-7011-e-1-g"}),
        ({"incentive_value": "none"}, {"ccpa-7016-incentive"}),
        ({"message_terms": ["stop", "numbers-kept"]}, {"tcpa-text-program"}),
        ({"message_terms": ["program"]}, {"tcpa-revoke"}),
        (
            {"marketing_opt_out": ["messages", "faxes", "unsubscribe-link", "unsubscribe-terms"]},
            {"tcpa-fax-optout"},
        ),
    ],
)
def test_what_a_seller_leaves_unsaid_is_missing_and_nothing_else(
    changes: dict[str, Any], elements: set[str]
) -> None:
    assert missing(seller(**changes)) == {"tcpa-mobile-data"} | elements


def test_without_a_contact_against_the_sale_no_opt_out_counts() -> None:
    contacts = {k: v for k, v in SELLER["contacts"].items() if k != "sale-opt-out"}
    assert missing(seller(contacts=contacts)) >= {
        *("ccpa-7011-e-2-d", "ccpa-7011-e-3-i", "shine-the-light-1798-83"),
        *("us-state-sale-ads", "us-state-targeted-ads"),
    }


def test_a_small_operator_owes_no_list_of_disclosures_for_marketing() -> None:
    found = statuses(seller(shine_the_light="small"))
    assert found["shine-the-light-1798-83"] is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("element", "answers", "line"),
    [
        ("us-state-tx-sensitive", {}, "NOTICE: We may sell your sensitive personal data."),
        ("us-state-tx-biometric", {}, "NOTICE: We may sell your biometric personal data."),
        ("ccpa-7011-e-2-d", {}, "Do Not Sell or Share My Personal Information"),
        ("ccpa-7011-e-2-e", {}, "Limit the Use of My Sensitive Personal Information"),
        ("shine-the-light-1798-83", {}, "Your Privacy Rights"),
        ("shine-the-light-1798-83", {"shine_the_light": "yearly-list"}, "Your Privacy Rights"),
    ],
)
def test_wording_that_a_state_prescribes_stands_there_as_it_is(
    element: str, answers: dict[str, Any], line: str
) -> None:
    given = seller(**answers)
    selection = select(library(), given)
    whole = assemble(selection, given, on=DAY)
    found = ledger(library(), given, selection, whole)
    stated = [said for one in found.lines() if one.element.id == element for said in one.stated]
    assert line in [text for said in stated for text in said.lines]


STATED_IN_MODELS = {
    "dentrix": "identity scope contact date categories sources marketing-choice security minors",
    "dentx": "identity scope categories purposes recipients legal-transfer security changes",
    "sesame": "identity scope date categories sources purposes tracking legal-transfer minors "
    "location",
    "practicepanther": "scope date categories sources purposes security",
}
"""What good practice wants and a careful reader found in each model policy."""

NOT_STATED_IN_MODELS = {
    "dentrix": "role recipients sale breach retention location ai",
    "dentx": "role date tracking sale marketing-choice breach complaint minors location ai",
    "sesame": "role marketing-choice breach retention rights complaint ai",
    "practicepanther": "role legal-transfer breach complaint minors ai",
}
"""What such a reader did not find. The contact of DentX is missing in its policy, not here."""


@pytest.mark.parametrize("model", STATED_IN_MODELS)
def test_the_ledger_agrees_with_a_reader_of_the_model_policies(model: str) -> None:
    found = statuses(example(model).answers)
    stated = {name for name, status in found.items() if status is Status.SATISFIED}
    # Where the reader saw a list, and the example cannot know that it is whole, it is open.
    seen = stated | {name for name, status in found.items() if status is Status.OPEN}
    assert {f"baseline-{name}" for name in STATED_IN_MODELS[model].split()} <= seen
    assert stated.isdisjoint(f"baseline-{name}" for name in NOT_STATED_IN_MODELS[model].split())
