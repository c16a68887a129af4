"""The pages of the interview, in their order.

What a page asks is data: the questions of the vocabulary whose ``page`` is its name. A page is
shown if at least one of its questions applies.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A page: its name in addresses and in the vocabulary, its title, and what it is about."""

    name: str
    title: str
    lead: str


STEPS: tuple[Step, ...] = (
    Step("practice", "Your practice", "Who you are, and what the policy calls you."),
    Step("scope", "What the policy covers", "Where the policy applies, and to whom it speaks."),
    Step("people", "Where people live", "The places that decide which laws apply to you."),
    Step("laws", "Laws", "Laws that you add or leave out, and why."),
    Step("data", "The data", "The information that people give you and that you keep."),
    Step("collection", "How you collect it", "Where the information comes from."),
    Step("tracking", "Tracking", "What your website or app notices by itself."),
    Step(
        "cookies", "Cookies", "How cookies and similar tools are used, and how people refuse them."
    ),
    Step("purposes", "Purposes", "What you use the information for."),
    Step("technical_purposes", "Technical purposes", "What you use technical information for."),
    Step("ai", "AI tools", "What limits you set for tools that write or read for you."),
    Step("marketing", "Marketing", "How you send reminders, and whether you advertise."),
    Step("marketing_details", "Marketing choices", "What you send, and how people stop it."),
    Step("disclosures", "Disclosures", "Who else receives the information."),
    Step("sharing_details", "Sale of orders", "What the sale means for details of orders."),
    Step(
        "authorities", "Legal disclosures", "What the law, the authorities or a sale can require."
    ),
    Step("security", "Security", "How you protect the information."),
    Step(
        "security_limits", "Limits of security", "What you cannot promise, and what people can do."
    ),
    Step(
        "retention", "Keeping and deleting", "How long you keep the information, and how it ends."
    ),
    Step("rights", "Rights and choices", "What people can ask of you."),
    Step("children", "Children", "How you handle information about children."),
    Step("borders", "Across borders", "Whether the information leaves a country."),
    Step("transfers", "Other countries", "Where the information goes, and why."),
    Step("health_law", "Health law", "Your place in the laws on health information."),
    Step(
        "notice_details",
        "Notice of Privacy Practices",
        "What HIPAA wants patients to be told.",
    ),
    Step("children_online", "Children online", "What the notice for parents says."),
    Step("consumer_health", "Consumer health data", "Health data that HIPAA does not cover."),
    Step("business_law", "Business law", "What the privacy acts of the states ask about you."),
    Step("state_law", "State privacy acts", "What the acts want people to be told."),
    Step("california", "California", "What California wants a larger business to tell."),
    Step("incentives", "Rewards", "What people get for their information, and what it is worth."),
    Step("decisions", "Decisions by machines", "Whether computers alone decide about people."),
    Step("europe_law", "European law", "What lets you use information, by the law of Europe."),
    Step("europe_duties", "European duties", "What else the law of Europe wants people to know."),
    Step("europe_details", "European details", "Names and explanations that the policy prints."),
    Step("other_law", "Other laws", "What other countries want people to know."),
    Step("changes", "Changes", "How the policy changes, and when it applies."),
    Step("acceptance", "Agreement and links", "What you ask of readers, and other websites."),
    Step("contact_points", "Ways to reach you", "Each address and number, entered once."),
    Step("contacts", "Contacts", "Which address or number is for which request."),
)

BY_NAME = {step.name: step for step in STEPS}
