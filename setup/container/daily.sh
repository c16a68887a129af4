#!/bin/sh
# What a timer does once a day where no beat does it. One that fails does not keep the others from being done.
set -u
failed=0
for task in purge_drafts purge_batches clearsessions sweep_files remind; do
    python manage.py "$task" || failed=1
done
exit "$failed"
