"""Settings of the site with the addresses of ``bench.urls``."""

from policygen.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
