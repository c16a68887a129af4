"""Archives are handed out to a few people at once.

Each keeps a thread of the server for as long as somebody reads, and who reads slowly reads long. So
some threads are left for pages, whatever is downloaded (setup/container/web.sh).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from threading import BoundedSemaphore
from typing import TypeVar, cast

from django.http import StreamingHttpResponse

AT_ONCE = 2
"""How many archives one process hands out at the same time."""

TAKEN = "Other archives are being downloaded just now. Try again in a minute."
"""What somebody reads who is not given one."""

SLOTS = BoundedSemaphore(AT_ONCE)

R = TypeVar("R", bound=StreamingHttpResponse)


class _Read(Iterator[bytes]):
    """What is read, and what is called when it is read no more."""

    def __init__(self, parts: Iterable[bytes], over: Callable[[], object]) -> None:
        self._parts, self.close = iter(parts), over

    def __next__(self) -> bytes:
        return next(self._parts)


def one_of_few(make: Callable[[], R]) -> R | None:
    """Return the response that ``make`` gives, or ``None`` while ``AT_ONCE`` others are read.

    It counts until it is closed, or is gone. Raises what ``make`` raises.
    """
    slots = SLOTS
    if not slots.acquire(blocking=False):
        return None
    try:
        response = make()
    except BaseException:
        slots.release()
        raise
    over = weakref.finalize(response, slots.release)
    response.streaming_content = _Read(cast(Iterable[bytes], response.streaming_content), over)
    return response
