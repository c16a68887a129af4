#!/usr/bin/env python3
"""Run Django's and policygen's management commands."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command that the command line names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policygen.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong setting is the operator's to mend: the sentence, not a traceback.
        sys.exit(f"{sys.argv[0]}: {error}")


if __name__ == "__main__":
    main()
