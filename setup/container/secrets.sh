#!/bin/sh
# Make the secrets of compose.yaml, once:
#   setup/container/secrets.sh 'smtp+tls://user:password@mail.example.org:587' [FOLDER]
# The folder (secrets, unless named) is closed to everybody else; the files in it can be read by
# whoever gets them, since the container's user is not the one who made them.
set -eu
if [ $# -lt 1 ]; then
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
folder=${2:-secrets}
if [ -e "$folder/secret_key" ]; then
    echo "$folder holds secrets already. To change them see the section on keys in docs/operating.md." >&2
    exit 1
fi
umask 077
mkdir -p "$folder"
random() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$1"; }
keep() { printf '%s\n' "$2" >"$folder/$1"; }

database=$(random 40)
redis=$(random 40)
keep secret_key "$(random 64)"
: >"$folder/secret_key_old"
keep postgres_password "$(random 40)"
keep database_password "$database"
keep database_url "postgresql://policygen:$database@postgres:5432/policygen"
keep redis_password.conf "requirepass $redis"
keep redis_url "redis://:$redis@redis:6379/0"
keep smtp_url "$1"
keep metrics_token "$(random 40)"
chmod 444 "$folder"/*
echo "The secrets are in $folder. Keep a copy of that folder apart from the backups."
