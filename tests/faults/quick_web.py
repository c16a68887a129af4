"""The site as gunicorn serves it, with the documents of ``tests.faults.quick``."""

from __future__ import annotations

from policygen.wsgi import application
from tests.faults import quick

__all__ = ["application", "quick"]
