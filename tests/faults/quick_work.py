"""``manage.py work`` with the documents of ``tests.faults.quick``."""

from __future__ import annotations

import sys

from django.core.management import call_command

from tests.faults import quick

if __name__ == "__main__":
    assert quick.app
    call_command("work", *sys.argv[1:])
