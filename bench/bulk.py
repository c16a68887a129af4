"""A batch of policies on Celery workers, from the press of a button to the published files.

Run it with ``make bench`` or ``python -m bench.bulk``; ``--policies 1000 --growth 100 1000 10000``
gives the figures of docs/performance.md and takes half an hour. It starts a PostgreSQL and a Redis
of its own. What ``bulk_run`` says is done in a process of the site.
"""

from __future__ import annotations

import argparse
import json

from bench import queued

RUN = (
    "import django; django.setup(); import json, sys; from bench.bulk_run import {what}; "
    "{what}(**json.loads(sys.argv[1]))"
)


def call(environment: queued.Environment, what: str, **given: object) -> None:
    """Call a function of ``bulk_run`` in a process of the site."""
    queued.run(environment, "-c", RUN.format(what=what), json.dumps(given))


def main(words: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.bulk")
    parser.add_argument("--policies", type=int, default=120, help="of each batch")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--growth", type=int, nargs="*", default=[25, 50, 100], help="sizes")
    parser.add_argument("--example", default="two-location-dental")
    parser.add_argument("--small", default="small-practice", help="the example for growth")
    parser.add_argument("--profile", help="do one batch in one process, and print what took time")
    told = parser.parse_args(words)
    with queued.site() as environment:
        if told.profile:
            call(environment, "profile", policies=told.policies, example=told.example,
                 order=told.profile)  # fmt: skip
            return
        call(environment, "measure", policies=told.policies, counts=told.workers,
             example=told.example)  # fmt: skip
    if told.growth:
        print()
        with queued.site() as environment:
            call(environment, "grow", sizes=told.growth, workers=max(told.workers),
                 example=told.small)  # fmt: skip


if __name__ == "__main__":
    main()
