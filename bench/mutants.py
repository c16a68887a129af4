"""Does the ledger notice every block that is taken out of a policy? It measures no time.

Run it with ``python -m bench.mutants``. A mutant is an example's policy without one block; it is
killed if exactly the elements of that block's clause turn red. The tests demand 100 %.
"""

from __future__ import annotations

from bench.documents import CLAUSES, examples
from policygen.library.files import read_folder
from tests.content.mutants import judged


def main() -> None:
    """Print a line for each example, and the score."""
    library = read_folder(CLAUSES)
    elements = {element.id for regime in library.regimes for element in regime.elements}
    made = killed = 0
    seen: set[str] = set()
    print(f"{'example':24} {'mutants':>8} {'killed':>8} {'elements':>9}")
    for name, answers in examples(library):
        found = list(judged(library, answers))
        dead = sum(one.killed for one in found)
        red = {element for one in found for element in one.red}
        print(f"{name:24} {len(found):8} {dead:8} {len(red):9}")
        made, killed, seen = made + len(found), killed + dead, seen | red
    print(f"{'all':24} {made:8} {killed:8} {len(seen):9} of {len(elements)} in the library")
    print(f"score: {killed / made:.1%}")


if __name__ == "__main__":
    main()
