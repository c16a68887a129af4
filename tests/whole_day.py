"""Begin a run of tests in a day that lasts: where midnight (UTC) is near, wait for it.

    python -m tests.whole_day

Many tests begin on one day what they look at a moment later, and the processes that they start read
the machine's clock. No clock but that one is right for all of them.
"""

import math
import sys
import time
from datetime import UTC, datetime, timedelta

LONGEST_RUN = timedelta(minutes=30)
"""More than any of the three runs of ``make test`` takes on a slow machine."""


def until_it_lasts(now: datetime) -> timedelta:
    """Return how long to wait at a time with a zone, so that no day ends during a run; often 0."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    left = today + timedelta(days=1) - now
    return left + timedelta(seconds=1) if left < LONGEST_RUN else timedelta()


def main() -> None:
    """Say that the tests wait, and wait."""
    wait = until_it_lasts(datetime.now(UTC)).total_seconds()
    if wait:
        minutes = math.ceil(wait / 60)
        sys.stdout.write(f"The day ends soon (UTC). The tests begin after it, in {minutes} min.\n")
        sys.stdout.flush()
        time.sleep(wait)


if __name__ == "__main__":
    main()
