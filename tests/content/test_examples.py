"""The examples: complete, flawless, and between them nearly every clause is seen at work."""

from __future__ import annotations

import re

import pytest

from policygen.core.answers import Standing
from policygen.core.selection import select
from policygen.rendering import FORMATS
from tests.content.library import EXAMPLES, example, library, policy
from tests.core.flaws import flaws, text

NOT_IN_EXAMPLES = {
    "access-in-canada": "for practices with people in Canada",
    "advertising-choices": "for websites with a link to the choice pages of the ad industry",
    "advice": "for law practices that advise clients",
    "ai-training": "for practices whose AI tools learn from the information",
    "all-free-to-give": "for practices in Europe that require no information",
    "as-laws-require": "for a notice under HIPAA of practices that name no law elsewhere",
    "authorities-abroad": "for practices with people in Canada and transfers",
    "backup-abroad": "for backups abroad without servers in several parts of the world",
    "binding-rules": "for groups of companies with approved rules",
    "breach-duty": "for a notice under HIPAA of practices that say nothing of a breach elsewhere",
    "california-age": "for businesses in California that collect such information",
    "california-deidentified": "for vendors that sell patient information without names",
    "california-do-not-sell": "for businesses in California that sell information",
    "california-gender": "for businesses in California that collect such information",
    "california-incentives": "for businesses in California that reward people for information",
    "california-limit": "for further uses of sensitive information in California",
    "california-machine-logic": "for businesses in California where machines decide",
    "california-more-kinds": "for businesses in California with kinds that few collect",
    "california-none-disclosed": "for businesses in California that disclose nothing",
    "california-sensitive-beyond": "for further uses of sensitive information in California",
    "california-sensitive-cards": "for businesses in California that collect such information",
    "california-sensitive-health": "for businesses in California that collect such information",
    "california-under-16": "for businesses in California that sell information",
    "california-under-16-agreed": "for businesses in California that sell information",
    "child-data": "for notices on children’s data online",
    "child-identifiers": "for notices on children’s data online",
    "child-no-recipients": "for notices on children’s data online",
    "child-recipients": "for notices on children’s data online",
    "child-retention": "for notices on children’s data online",
    "child-voice": "for notices on children’s data online",
    "complain-canada": "for practices with people in Canada",
    "complain-care-pakistan": "for clinics in Pakistan",
    "complain-health": "for clinics whose policy is not their notice under HIPAA",
    "complain-ontario": "for clinics in Ontario",
    "complain-pakistan": "for practices in Pakistan",
    "complain-quebec": "for practices with people in Quebec",
    "confidential-in-pakistan": "for clinics in Pakistan",
    "confidential-law": "for law practices that speak of professional secrecy",
    "consent-in-canada": "for practices with people in Canada",
    "covered-locations": "for groups whose policy lists its locations at the end",
    "cross-site-others": "for websites in California with tools of other companies",
    "cross-site-ourselves": "for websites in California that follow people elsewhere",
    "customized-by-visits": "for a personal experience from visits alone",
    "document-date": "for practices that know neither of the two dates",
    "eu-decision": "for transfers under a decision of the European Commission",
    "eu-representative": "for organizations outside the European Union that serve people there",
    "fax-terms": "for marketing by fax that is free to stop",
    "for-parents": "for notices on children’s data online",
    "fundraising": "for clinics that ask patients for donations",
    "health-affiliates": "for consumer health data policies",
    "health-data": "for consumer health data policies",
    "health-no-affiliates": "for consumer health data policies",
    "health-not-shared": "for consumer health data policies",
    "health-rights": "for consumer health data policies",
    "health-shared": "for consumer health data policies",
    "health-sources": "for consumer health data policies",
    "health-third-parties": "for consumer health data policies",
    "how-machines-decide": "for organizations in Europe where machines decide",
    "inside-quebec": "for practices with people in Quebec",
    "joint-control": "for organizations in Europe that decide together",
    "joint-notice": "for clinics that give a notice together with others",
    "kinds-sold": "for businesses under an act of a state that sell information",
    "language-models": "for businesses in Connecticut that train language models",
    "law-in-pakistan": "for practices in Pakistan",
    "legal-matter": "for law practices that keep details of a matter",
    "locations-at-the-end": "for groups whose policy lists its locations at the end",
    "machines-decide": "for organizations where machines decide",
    "needed-by-law": "for practices in Europe that a law makes ask",
    "nevada": "for consumer health data policies",
    "no-health-for-marketing": "for clinics with marketing partners that exclude health data",
    "no-marketing-but-newsletters": "for newsletters without any other marketing",
    "no-marketing-without-data": "for practices that keep nothing about anybody",
    "no-orders-for-marketing": "for shops with marketing partners that exclude orders",
    "nothing-asked": "for practices that ask people for nothing",
    "only-needed": "for websites in Europe with needed cookies alone",
    "operator": "for notices on children’s data online",
    "opt-out-of-ads": "for businesses with ads across websites and an opt-out",
    "opt-out-of-machines": "for organizations where machines decide",
    "other-operators": "for notices on children’s data online",
    "outside-quebec": "for practices with people in Quebec",
    "part2-fundraising": "for clinics that ask for donations with Part 2 records",
    "part2-program-consent": "for programs under 42 CFR Part 2",
    "part2-program-duties": "for programs under 42 CFR Part 2",
    "part2-program-header": "for programs under 42 CFR Part 2",
    "part2-program-rights": "for programs under 42 CFR Part 2",
    "part2-program-without-consent": "for programs under 42 CFR Part 2",
    "permission-in-pakistan": "for practices in Pakistan",
    "psychotherapy-notes": "for clinics that keep psychotherapy notes",
    "rights-of-parents": "for notices on children’s data online",
    "role-for-practices": "for vendors that hold other information for practices",
    "role-own": "for vendors that act for themselves alone",
    "sale-not-health": "for a sale beside the notice of HIPAA",
    "sale-opt-out": "for practices that sell data and give a contact against it",
    "sale-orders-too": "for a sale that takes in orders, against the limits set for them",
    "shared-in-group": "for groups of companies",
    "shared-in-legal-matter": "for law practices that share in a legal matter",
    "shared-with-nobody-but": "for practices that share with authorities alone",
    "shine-the-light-list": "for information that goes to others for marketing from California",
    "shine-the-light-opt-out": "for information that goes to others for marketing from California",
    "signals-not-honored": "an answer that no model policy gives",
    "sold-to": "for businesses under an act of a state that sell information",
    "sold-to-by-name": "for businesses in Rhode Island that sell information",
    "stop-newsletters": "for newsletters without any other marketing",
    "tell-us": "for marketing that people stop without a contact of its own",
    "tell-us-faxes": "for faxes that people stop without a contact of its own",
    "text-program": "for marketing by text message",
    "told-and-agreed": "for transfers with express consent",
    "tools-on-forms": "for clinics with tools of other companies on their forms",
    "tx-biometric-sale": "for a sale of such data in Texas",
    "tx-sensitive-sale": "for a sale of such data in Texas",
    "uk-bridge": "for transfers from the United Kingdom to the United States",
    "uk-representative": "for organizations outside the United Kingdom that serve people there",
}
"""Clauses that no example prints, each with the reason. Every other one is seen at work."""


def test_the_model_policies_and_two_practices_are_there() -> None:
    models = {"dentrix", "dentx", "practicepanther", "sesame"}
    assert models | {"small-practice", "two-location-dental"} <= set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_says_what_it_is(name: str) -> None:
    assert example(name).title
    assert example(name).description.endswith(".")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_answers_every_question_that_applies_and_no_other(name: str) -> None:
    answers = example(name).answers
    questions = library().vocabulary.questions
    standing = {question.id: answers.standing(question) for question in questions}
    assert [q for q, where in standing.items() if where is Standing.OPEN] == []
    assert [q for q in answers.given if standing[q] is Standing.SKIPPED] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_a_policy_without_flaws(name: str) -> None:
    assert flaws(policy(name), example(name).answers.in_force) == []
    assert len(policy(name).sections) > 8


@pytest.mark.parametrize("form", [name for name in FORMATS if name != "pdf"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_made_in_every_format(name: str, form: str) -> None:
    made = FORMATS[form].render(policy(name))
    assert made.content
    assert made == FORMATS[form].render(policy(name))


def test_nearly_every_clause_is_selected_by_an_example() -> None:
    chosen = {
        choice.clause.slug
        for name in EXAMPLES
        for choice in select(library(), example(name).answers).included
    }
    unseen = {one.slug for one in library().clauses} - chosen
    assert sorted(unseen) == sorted(NOT_IN_EXAMPLES)


def test_a_small_practice_needs_less_than_350_words() -> None:
    words = re.findall(r"\S*\w\S*", text(policy("small-practice")))
    assert 200 < len(words) < 350
