"""What a process remembers stays within its room."""

from __future__ import annotations

from threading import Thread

from policygen.policies.public.memory import Memory


def test_what_was_not_asked_for_longest_is_forgotten_first():
    memory: Memory[str, bytes] = Memory(80, len)
    for name in "abcdefgh":
        memory.put(name, b"x" * 10)
    assert memory.get("a") == b"x" * 10
    memory.put("i", b"x" * 10)
    assert memory.get("a") is not None
    assert memory.get("b") is None
    assert memory.taken == 80


def test_what_would_fill_it_is_not_kept():
    memory: Memory[str, bytes] = Memory(80, len)
    assert memory.put("a", b"x" * 11) == b"x" * 11
    assert memory.get("a") is None
    assert memory.taken == 0


def test_a_value_takes_the_place_of_the_one_before():
    memory: Memory[str, bytes] = Memory(80, len)
    memory.put("a", b"x" * 10)
    memory.put("a", b"y" * 5)
    assert memory.get("a") == b"y" * 5
    assert memory.taken == 5
    memory.clear()
    assert memory.get("a") is None
    assert memory.taken == 0


def test_threads_may_share_it():
    memory: Memory[int, bytes] = Memory(1_000, len)

    def work(seed: int) -> None:
        for turn in range(2_000):
            memory.put((turn * seed) % 97, b"x" * (turn % 100))
            memory.get(turn % 97)

    threads = [Thread(target=work, args=(seed,)) for seed in (3, 5, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 <= memory.taken <= 1_000
