"""What a process remembers: the things asked for last, up to a limit.

Everything in it is kept under a name from which it follows, such as a digest, so nothing in it
grows old. It may be emptied at any time; after a restart it fills again by itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def _one(_: object) -> int:
    return 1


class Memory(Generic[K, V]):
    """A mapping that forgets what nobody asked for longest. Threads may share it.

    ``room`` is the limit to the sum of what ``size`` says of each value: by default to their
    number. A value that would fill more than an eighth of the room is not kept.
    """

    def __init__(self, room: int, size: Callable[[V], int] = _one) -> None:
        self.room, self.taken = room, 0
        self._size = size
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """Return what is kept under a key."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            return None

    def put(self, key: K, value: V) -> V:
        """Keep a value, and return it."""
        with self._lock:
            self._drop(key)
            if self._size(value) * 8 <= self.room:
                self._kept[key] = value
                self.taken += self._size(value)
            while self.taken > self.room:
                self._drop(next(iter(self._kept)))
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self.taken = 0

    def _drop(self, key: K) -> None:
        if key in self._kept:
            self.taken -= self._size(self._kept.pop(key))
