"""Log lines that a visitor cannot forge."""

import logging
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def escaped(text: str) -> str:
    r"""Show line ends, control and direction characters as escapes such as \n."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _margin(text: str) -> str:
    return "\n".join(f"  | {escaped(line)}" for line in text.splitlines())


class PlainFormatter(logging.Formatter):
    """One record is one line, and a traceback below it keeps a margin of its own.

    So nothing that a visitor sends (a path, a header, an answer in an exception) can begin a line
    that looks like a record, or write to the terminal of whoever reads the log.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Fill in the pattern, then escape the whole line."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802
        """Indent the traceback under its record."""
        return _margin(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        """Indent the stack under its record."""
        return _margin(super().formatStack(stack_info))
