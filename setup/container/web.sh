#!/bin/sh
# Serve pages on port 8000. More options of gunicorn: GUNICORN_CMD_ARGS. Two of the threads of each
# process may hand out archives to people who read slowly (policies/inside/slow.py).
set -eu
exec gunicorn policygen.wsgi --config setup/container/gunicorn_logs.py --bind "0.0.0.0:${PORT:-8000}" \
    --worker-class gthread --workers "${WEB_CONCURRENCY:-2}" --threads 6 \
    --worker-tmp-dir /dev/shm --timeout 60 --graceful-timeout 30 \
    --max-requests 2000 --max-requests-jitter 200 --no-control-socket
