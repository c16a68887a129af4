"""The exact impact of a release over 1,000 sets of answers, against plain assembly of the same.

Run it with ``make bench`` or ``python -m bench.impact``. A process with a database of its own (one
SQLite file) does what ``impact_run`` says.
"""

from bench import alone


def main() -> None:
    """Print the table."""
    alone.measure("impact_run")


if __name__ == "__main__":
    main()
