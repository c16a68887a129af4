#!/bin/sh
# What the container runs: bring the database and the clause library up to date, then serve.
# More gunicorn options: GUNICORN_CMD_ARGS.
set -eu
python manage.py migrate --no-input
python manage.py createcachetable
python manage.py load_library
python manage.py purge_drafts
python manage.py clearsessions
exec gunicorn policygen.wsgi --bind 0.0.0.0:8000 --worker-class gthread --workers 2 --threads 4 \
    --worker-tmp-dir /dev/shm --timeout 60 --graceful-timeout 30 \
    --max-requests 2000 --max-requests-jitter 200 --no-control-socket --access-logfile -
