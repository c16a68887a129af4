#!/bin/sh
# Make the secrets of compose.yaml, once:
#   setup/container/secrets.sh [FOLDER]
# It asks for the address of the mail server, such as smtp+tls://user:password@mail.example.org:587,
# or takes it from its standard input: as a word of the command others would see it. The folder
# (secrets, unless named) is closed to everybody else; the files in it can be read by whoever gets
# them, since the container's user is not the one who made them.
set -eu
explain() {
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
case ${1:-} in *:* | console | -*) explain ;; esac
[ $# -le 1 ] || explain
folder=${1:-secrets}
if [ -e "$folder/secret_key" ]; then
    echo "$folder holds secrets already. To change them see the section on keys in docs/operating.md." >&2
    exit 1
fi
if [ -t 0 ]; then
    printf 'The mail server, such as smtp+tls://user:password@mail.example.org:587 (not shown): ' >&2
    trap 'stty echo' EXIT
    stty -echo
fi
read -r mail || [ -n "$mail" ] || explain
if [ -t 0 ]; then
    stty echo
    trap - EXIT
    echo >&2
fi
[ -n "$mail" ] || explain
umask 077
mkdir -p "$folder"
chmod 700 "$folder"
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
keep smtp_url "$mail"
keep metrics_token "$(random 40)"
: >"$folder/s3_secret"
: >"$folder/sentry_dsn"
chmod 644 "$folder"/*
# The images of PostgreSQL and Redis read these two as users of their own.
here=$(dirname "$0")
chmod a+r "$here/database.sql" "$here/redis.conf"
echo "The secrets are in $folder. Keep a copy of that folder apart from the backups."
