"""Hand-made documents: an ordinary policy, a hostile one, and small ones for single points."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policygen.core.document import (
    AddressBlock,
    AddressEntry,
    Block,
    ClauseText,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Run,
    Section,
)

PRACTICE = "Harbor Lane Family Dental"


def runs(text: str) -> tuple[Run, ...]:
    """Read a short notation: ``{answer}``, ``*strong*``, ``_em_``, ``<address>`` as a link."""
    result: list[Run] = []
    closing = {"{": "}", "*": "*", "_": "_", "<": ">"}
    rest = text
    while rest:
        at = min((i for i in map(rest.find, closing) if i >= 0), default=len(rest))
        if at:
            result.append(Run(rest[:at]))
            rest = rest[at:]
            continue
        end = rest.index(closing[rest[0]], 1)
        result.append(_marked(rest[0], rest[1:end]))
        rest = rest[end + 1 :]
    return tuple(result)


def _marked(sign: str, inner: str) -> Run:
    if sign == "{":
        return Run(inner, filled_by="practice.name")
    if sign == "*":
        return Run(inner, strong=True)
    if sign == "_":
        return Run(inner, em=True)
    words, _, href = inner.rpartition("|")
    return Run(words or href.removeprefix("mailto:"), href=href)


def paragraph(text: str, *, run_in: bool = False) -> Paragraph:
    return Paragraph(runs(text), run_in=run_in)


def bullets(*items: str, ordered: bool = False) -> ListBlock:
    return ListBlock(tuple(runs(item) for item in items), ordered=ordered)


def entry(label: str, *lines: str) -> AddressEntry:
    return AddressEntry(label, tuple(runs(line) for line in lines))


def clause(slug: str, *blocks: Block, version: int = 1) -> ClauseText:
    return ClauseText(slug, version, slug.replace("-", " ").capitalize(), blocks, (), ())


def document(
    *sections: Section,
    practice: str = PRACTICE,
    title: str = "Privacy Policy",
    language: str = "en",
) -> Document:
    return Document(title, practice, language, date(2026, 11, 22), "0" * 64, sections)


def saying(*texts: str, practice: str = PRACTICE, title: str = "Privacy Policy") -> Document:
    """Return a document of one section that has each text as an answer in a paragraph."""
    clauses = [
        clause(f"text-{number}", Paragraph((Run(text, filled_by="practice.name"),)))
        for number, text in enumerate(texts, start=1)
    ]
    return document(Section("texts", "Texts", tuple(clauses)), practice=practice, title=title)


def ordinary() -> Document:
    """Return a policy of 15 sections and about 1,300 words, with every kind of block."""
    return document(*(_section(*parts) for parts in SECTIONS))


def _section(id: str, title: str, *blocks: Block) -> Section:
    clauses = [
        clause(f"{id}-{number}", block, version=number) for number, block in enumerate(blocks, 1)
    ]
    return Section(id, title, tuple(clauses))


SECTIONS: tuple[tuple[str, str, *tuple[Block, ...]], ...] = (
    (
        "about",
        "About this policy",
        paragraph(
            "This policy tells you how {Harbor Lane Family Dental} handles information about "
            "you. It covers our offices, our website <https://www.harborlane.example> and the "
            "patient portal that we offer to the people we care for."
        ),
        paragraph(
            "When we say “we”, “us” or “the practice”, we mean {Harbor Lane Family Dental}; "
            "“you” means anyone who visits us, writes to us or uses our website.",
            run_in=True,
        ),
        paragraph(
            "It applies from {November 22, 2026}. If you have questions about any part of it, "
            "please see <How to reach us|#section-contact> at the end."
        ),
    ),
    (
        "collect",
        "What we collect",
        paragraph("We collect the information that your care and our work for you require:"),
        bullets(
            "your name, address, telephone number, email address and date of birth;",
            "your {dental history, medical history, medications and allergies}, and the X-rays, "
            "photographs and impressions that we take;",
            "the name of your insurer, your member number and the claims that we send for you;",
            "the card or account with which you pay, as far as our payment processor shows it "
            "to us;",
            "the notes we make of our conversations with you.",
        ),
        Heading(runs("When you visit our website")),
        paragraph(
            "Our web server records the address of your device, the pages you open, the time "
            "of each visit and the page from which you came. We keep these records for "
            "{30 days} and use them to keep the website available and secure."
        ),
        paragraph("We do not try to find out who you are from these records.", run_in=True),
        paragraph("You may visit most of our website without telling us who you are."),
    ),
    (
        "sources",
        "Where the information comes from",
        paragraph(
            "Most of what we know about you comes from you: from the forms you fill in, from "
            "what you tell us in the chair or by telephone, and from our examinations."
        ),
        paragraph(
            "Some of it comes from others: from {your physician, your former dentist and the "
            "laboratories that work for us}, and from your insurer when we ask what your plan "
            "covers.",
            run_in=True,
        ),
        paragraph(
            "If someone else makes an appointment for you, such as a parent or a carer, we "
            "receive the details that they give us."
        ),
    ),
    (
        "use",
        "How we use it",
        paragraph("We use information about you for these purposes and for no others:"),
        bullets(
            "to examine and treat you, and to plan your further care;",
            "to send claims to your insurer and to collect what is owed to us;",
            "to make appointments and to remind you of them by {text message and email};",
            "to answer your questions and to handle complaints;",
            "to run the practice: to train our staff, to review the quality of our work and to "
            "meet the duties that the law lays on us.",
            ordered=True,
        ),
        paragraph(
            "We ask for your written permission before we use your information in any way "
            "that is not described here. *You may withdraw a permission at any time*, in "
            "writing, for everything that we have not yet done because of it."
        ),
    ),
    (
        "share",
        "Whom we share it with",
        paragraph(
            "We share information about you with people and firms who need it to care for you "
            "or to work for us. Each of them receives only what its task requires."
        ),
        Heading(runs("For your care")),
        paragraph(
            "We share records with {specialists, laboratories and pharmacies} that take part "
            "in your treatment. If you are brought to a hospital in an emergency, we give its "
            "staff what they need to know."
        ),
        Heading(runs("For our work")),
        paragraph(
            "Firms that work for us may handle your information on our behalf: "
            "{practice-management software, cloud backup, billing and appointment reminders}."
        ),
        paragraph(
            "Each of them has promised in writing to protect it, to use it for our purposes "
            "alone and to tell us of any breach.",
            run_in=True,
        ),
        Heading(runs("Because the law asks")),
        paragraph(
            "We hand over information when a court, a health authority or another public body "
            "may lawfully demand it. We check each demand and hand over no more than it covers."
        ),
    ),
    (
        "sale",
        "We do not sell your information",
        paragraph(
            "We do not sell information about you, and we do not rent it or trade it. We do "
            "not let advertisers place their own cookies on our website."
        ),
        paragraph("This has been so since the practice opened in {1998}.", run_in=True),
    ),
    (
        "cookies",
        "Cookies and similar techniques",
        paragraph(
            "A cookie is a small file that a website stores on your device. Our website uses "
            "cookies that it needs to work: one keeps you signed in to the patient portal, and "
            "one remembers that you have closed a notice."
        ),
        paragraph(
            "We count visits with {a statistics program that runs on our own server}. It sets "
            "no cookies and keeps no full addresses."
        ),
        paragraph(
            "You can refuse or delete cookies in the settings of your browser. The public "
            "pages of our website will still work; the portal will not.",
            run_in=True,
        ),
    ),
    (
        "messages",
        "Messages from us",
        paragraph(
            "We send reminders and notes about your care by {text message and email}. They are "
            "not encrypted on their way to you, so we keep them short and leave out details of "
            "your health."
        ),
        paragraph(
            "If you do not want them, tell us, follow the link in the message, or answer a "
            "text message with the word STOP. Messages that you have already asked us to stop "
            "will not begin again unless you ask for them."
        ),
    ),
    (
        "children",
        "Children",
        paragraph(
            "We treat children with the agreement of a parent or guardian, who may see and "
            "correct the child’s records unless the law says otherwise."
        ),
        paragraph(
            "Our website is not made for children under {13}, and we do not knowingly collect "
            "information from them through it. If you believe that a child has sent us "
            "information, please write to <mailto:privacy@harborlane.example> and we will "
            "delete it.",
            run_in=True,
        ),
    ),
    (
        "security",
        "How we protect it",
        paragraph("We protect information about you by means that suit its sensitivity:"),
        bullets(
            "Records on paper stay in locked rooms.",
            "Records on computers are encrypted, and each member of staff signs in with a name "
            "and a second factor of their own.",
            "We keep encrypted copies at {two} places and test twice a year that we can restore "
            "them.",
            "Our staff are trained when they join us and every year after that.",
        ),
        paragraph(
            "No system is perfectly safe. If a breach puts your information at risk, we will "
            "tell you and the authorities within the time that the law sets."
        ),
    ),
    (
        "retention",
        "How long we keep it",
        paragraph(
            "We keep the records of adults for {ten years} after the last visit, and the "
            "records of children until they are {28} years old."
        ),
        paragraph(
            "After that we shred paper and erase files so that they cannot be read again. "
            "Where the law or a dispute asks us to keep a record longer, we keep that record "
            "and no others."
        ),
    ),
    (
        "rights",
        "Your rights",
        paragraph("You may ask us at any time and without charge:"),
        bullets(
            "to show you the information that we hold about you and to give you a copy;",
            "to correct what is wrong and to complete what is missing;",
            "to tell you to whom we have disclosed it in the last {six years};",
            "to limit how we use or share it;",
            "to reach you in a particular way or at a particular address.",
        ),
        paragraph(
            "We answer within {30 days}. If we cannot do what you ask, we tell you why, and "
            "what you can do about it. We will never treat you worse because you used one of "
            "these rights."
        ),
        paragraph(
            "We must be sure that a request really comes from you, so we may ask you to show "
            "an identity card or to answer a question about your last visit.",
            run_in=True,
        ),
    ),
    (
        "complaints",
        "Complaints",
        paragraph(
            "If you think that we have not respected your privacy, please tell our privacy "
            "officer first, so that we can put it right. You may also complain to the "
            "{U.S. Department of Health and Human Services}, whose address we will gladly "
            "give you. _A complaint has no effect on your care._"
        ),
    ),
    (
        "changes",
        "Changes to this policy",
        paragraph(
            "We may change this policy. The date at its top says from when it applies, and the "
            "current version is always at our front desk and at "
            "<our website|https://www.harborlane.example/privacy>."
        ),
        paragraph(
            "If a change affects what we may do with information that we already hold, we "
            "tell you by {email} at least {30 days} before it takes effect.",
            run_in=True,
        ),
        paragraph("We keep every former version and give you a copy if you ask for it."),
    ),
    (
        "contact",
        "How to reach us",
        paragraph("Our privacy officer is {Dr. Ana Lindqvist}. You can reach her in these ways:"),
        AddressBlock(
            (
                entry(
                    "Mail",
                    "{Harbor Lane Family Dental}",
                    "Attn: Privacy Officer",
                    "{48 Harbor Lane}",
                    "{Portland, ME 04101}",
                ),
                entry("Phone", "<+1 207 555 0142|tel:+12075550142>"),
                entry("Email", "<mailto:privacy@harborlane.example>"),
                entry("Web", "<https://www.harborlane.example/contact>"),
            )
        ),
        paragraph("Our offices are open {Monday to Friday, 8 a.m. to 5 p.m.}"),
    ),
)


# Names that people really have, and texts that nobody should have: all must come out as typed.
NAMES = {
    "hebrew": "מרפאת השיניים של ד״ר כהן",
    "arabic": "عيادة الدكتور أحمد للأسنان",
    "persian with a joiner": "کلینیک می‌خواهم",
    "chinese": "北京口腔诊所",
    "japanese": "さくら歯科クリニック",
    "korean": "서울미소치과의원",
    "thai": "คลินิกทันตกรรม",
    "hindi": "दंत चिकित्सालय",
    "greek": "Οδοντιατρείο Αθηνών",
    "cyrillic": "Стоматология Улыбка",
    "emoji": "Happy Teeth 🦷😀",
    "emoji family": "Family 👨\u200d👩\u200d👧 Dental",
    "accents": "Dr. Siobhán Ó Ceallaigh & Søren Łukasiewicz",
    "apostrophe": "O'Brien's \"Smile\" Studio",
    "combining": "Nguyễn Thị Bích",
}
MARKUP = (
    "<script>alert(1)</script>",
    "<b>bold</b> <img src=x onerror=alert(1)>",
    "{{ 3*7777 }} {% if x %} {# y #} {0.__class__} %(x)s ${7*7}",
    "# x",
    "## 9. We sell data",
    "*a* **b** _c_ __d__ ~~e~~ ***f***",
    "[x](http://y.example) ![p](q) [r]: s",
    "1. x",
    "23) x",
    "- x",
    "+ x",
    "= x",
    "---",
    "===",
    "***",
    "> x",
    "&amp; &lt;b&gt; & &copy; &#65;",
    "`code` ``x`` ```",
    "| a | b |",
    "a\\b \\* \\\\ \\",
    "<http://y.example> http://y.example/a_b_c",
    "Wow!",
    "a  b",
    "]]> --> <!-- x",
    "javascript:alert(1)",
    "$x$ $$y$$ US$ 5",
    "T:e;s,t.i/n?g@h+i=j",
    "\u200cjoined",
)
LONG_NAME = "Llanfair" * 25  # 200 characters without a blank


def hostile() -> Document:
    """Return a document that has every hostile text in every kind of block, also in the front."""
    texts = (*NAMES.values(), *MARKUP, LONG_NAME)
    filled = tuple(Run(text, filled_by="practice.name") for text in texts)
    sentences = tuple(
        Paragraph((Run("We, ("), run, Run("), say "), replace(run, strong=True), Run(".")))
        for run in filled
    )
    alone = tuple(Paragraph((run,)) for run in filled)
    run_in = tuple(replace(paragraph, run_in=True) for paragraph in sentences)
    styled = tuple(
        Paragraph((Run("x"), replace(run, strong=True), replace(run, em=True), Run("y")))
        for run in filled
    )
    return document(
        Section("constructor", "Names <b>& texts</b>", (clause("sentences", *sentences),)),
        Section("cookie", "# Alone", (clause("alone", *alone), clause("run-in", *run_in))),
        Section("styled", "*Styled*", (clause("styled", *styled),)),
        Section("lists", "Lists", (clause("lists", *_hostile_lists(filled)),)),
        Section("links", "Links", (clause("links", *_hostile_links()),)),
        practice=f"<i>{LONG_NAME[:60]}</i> {NAMES['hebrew']} x) /OpenAction <<",
        title="Privacy Policy x) /OpenAction << & </title><script>alert(1)</script>",
    )


def _hostile_lists(filled: tuple[Run, ...]) -> tuple[Block, ...]:
    lines = tuple((run,) for run in filled)
    return (
        ListBlock(lines),
        ListBlock(lines),
        ListBlock(lines, ordered=True),
        ListBlock(lines, ordered=True),
        AddressBlock((AddressEntry("", lines), AddressEntry("Mail", lines))),
        AddressBlock(tuple(AddressEntry("Phone", (line,)) for line in lines)),
        *(Heading((Run("On "), run)) for run in filled),
    )


BAD_ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//evil.example",
    "https://ok@evil.example",
    "https://раypal.example",
    "https:evil",
    "/relative",
    "#section-nowhere",
    "#top",
    'https://x.example/"onmouseover="alert(1)',
    "https://x.example/ y",
)
GOOD_ADDRESSES = (
    "https://www.harborlane.example",
    "http://harborlane.example:8080/a/(b)?c=d&copy=e&amp;f#g_h*i",
    "mailto:privacy@harborlane.example",
    "mailto:privacy@harborlane.example?subject=Hello",
    "tel:+12075550142",
)


def _hostile_links() -> tuple[Block, ...]:
    addresses = (*BAD_ADDRESSES, *GOOD_ADDRESSES, "#section-lists")
    return tuple(
        Paragraph((Run("See!"), Run(f"link {number}", href=address), Run(" now.")))
        for number, address in enumerate(addresses)
    )
