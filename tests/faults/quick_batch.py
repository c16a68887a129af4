"""Start a batch of so many policies, let nobody hear of it, and say its key."""

from __future__ import annotations

import sys

from tests.faults import victim
from tests.faults.engine import started
from tests.policies.bulk.fleet import fleet

if __name__ == "__main__":
    victim.say(started(fleet(int(sys.argv[1])), sends=False).pk)
