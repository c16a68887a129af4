#!/bin/sh
# Everything in one container, which is what “docker run” starts: prepare, then serve. Without Redis
# the work of batches is done beside the server; with it, workers of their own do that.
set -eu
setup/container/prepare.sh
python manage.py purge_drafts
python manage.py clearsessions
if [ -n "${REDIS_URL:-}${REDIS_URL_FILE:-}" ]; then
    exec setup/container/web.sh
fi
exec python setup/container/together.py setup/container/web.sh + nice -n 10 python manage.py work
