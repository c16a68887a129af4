"""The Celery application: the queue through which workers are told that there is work.

It says nothing about the work itself: what is to be done, and how far it has come, is in the
database (``policies/bulk/working.py``).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policygen.settings")

app = Celery("policygen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["policygen.policies"])
