"""Plain text: how its lines are set."""

from policygen.core.document import AddressBlock, Paragraph, Run, Section
from policygen.rendering import txt
from tests.rendering import documents


def test_lines_are_short() -> None:
    text = txt.render(documents.ordinary()).content.decode()
    assert max(map(len, text.splitlines())) <= 78
    assert text.startswith(
        "Harbor Lane Family Dental\n\n"
        "Privacy Policy\n==============\n\n\n"
        "1. About this policy\n--------------------\n\n"
        "This policy tells you"
    )


def test_addresses_and_long_words_stay_whole() -> None:
    address = "https://www.harborlane.example/" + "a-long/path/" * 10
    mail = "a-very-long-name-of-a-privacy-officer" * 2 + "@harborlane.example"
    text = txt.render(
        documents.saying(f"Write to {mail} or see {address} please.")
    ).content.decode()
    assert mail in text
    assert address in text


def test_blocks_are_set_out() -> None:
    blocks = (
        documents.bullets("one " * 25, "two"),
        documents.bullets("first " * 15, ordered=True),
        AddressBlock(
            (
                documents.entry("", "Line 1", "Line 2"),
                documents.entry("Mail", "Harbor Lane", "Portland"),
                documents.entry("Phone", "<+1 207 555 0142|tel:+12075550142>"),
            )
        ),
        documents.paragraph("See <our website|https://a.example/b> or <below|#section-a>."),
    )
    document = documents.document(Section("a", "A", (documents.clause("a", *blocks),)))
    assert txt.render(document).content.decode().partition("----\n\n")[2] == (
        f"- {('one ' * 19).strip()}\n  {('one ' * 6).strip()}\n- two\n\n"
        f"1. {('first ' * 12).strip()}\n   first first first\n\n"
        "Line 1\nLine 2\n\n"
        "Mail:\n  Harbor Lane\n  Portland\n\n"
        "Phone: +1 207 555 0142\n\n"
        "See our website <https://a.example/b> or below.\n"
    )


def test_a_bad_address_is_not_printed() -> None:
    run = Run("click", href="javascript:alert(1)")
    document = documents.document(Section("a", "A", (documents.clause("a", Paragraph((run,))),)))
    assert txt.render(document).content.decode().endswith("\n\nclick\n")
