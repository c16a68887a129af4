#!/bin/sh
# Serve pages on port 8000. More options of gunicorn: GUNICORN_CMD_ARGS.
set -eu
exec gunicorn policygen.wsgi --config setup/container/gunicorn_logs.py --bind "0.0.0.0:${PORT:-8000}" \
    --worker-class gthread --workers "${WEB_CONCURRENCY:-2}" --threads 4 \
    --worker-tmp-dir /dev/shm --timeout 60 --graceful-timeout 30 \
    --max-requests 2000 --max-requests-jitter 200 --no-control-socket
