#!/bin/sh
# A step of its own, before the first start and after each update: bring the database and the clause
# library up to date. It changes nothing where nothing is new.
set -eu
python manage.py migrate --no-input
python manage.py createcachetable
python manage.py load_library
