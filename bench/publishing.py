"""Publishing a policy against the bare PDF of the same document.

Run it with ``make bench`` or ``python -m bench.publishing``. A process with a database of its own
(one SQLite file) does what ``publishing_run`` says.
"""

from bench import alone


def main() -> None:
    """Print the table."""
    alone.measure("publishing_run")


if __name__ == "__main__":
    main()
