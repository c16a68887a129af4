"""What a published policy takes in the database and in the files, and what a page asks for.

Run it with ``python -m bench.sizes``. docs/scaling.md reckons with these figures.
"""

from __future__ import annotations

from bench import queued
from bench.bulk import call


def main() -> None:
    """Print the tables."""
    with queued.site() as environment:
        call(environment, "weigh", policies=60, example="two-location-dental")


if __name__ == "__main__":
    main()
