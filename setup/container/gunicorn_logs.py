"""Gunicorn's own lines in the format of the site's: ``gunicorn --config`` names this file.

There is no access log of gunicorn's: it would hold paths, and paths hold keys of invitations. The
site writes a line of its own for each request (policygen/monitoring/access.py).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from policygen.settings import LOGGING

accesslog = None
logconfig_dict = LOGGING
