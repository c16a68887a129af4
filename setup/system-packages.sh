#!/bin/sh
# Make sure that the system packages of the named groups are there:
#   setup/system-packages.sh build run test
# Root installs what is missing; anybody else is told the exact command, and this stops.
set -eu
cd "$(dirname "$0")/.."

if ! command -v dpkg-query >/dev/null; then
    echo "Neither Debian nor Ubuntu: what system-packages.txt lists must be here already." >&2
    exit 0
fi

has_browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null; then return 0; fi
    done
    return 1
}

missing=
for group in "$@"; do
    for package in $(awk -v group="$group" '$1 == group { print $2 }' system-packages.txt); do
        state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
        if [ "$state" = installed ]; then continue; fi
        if [ "$package" = chromium ]; then
            if has_browser; then continue; fi
            if grep -q '^ID=ubuntu' /etc/os-release; then snap=chromium; continue; fi
        fi
        missing="$missing $package"
    done
done

install="install --no-install-recommends$missing"
if [ -n "$missing" ] && [ "$(id -u)" -eq 0 ]; then
    echo "Installing system packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    # shellcheck disable=SC2086  # one word per package
    apt-get -qq -o DPkg::Lock::Timeout=300 --yes $install >/dev/null
elif [ -n "$missing" ]; then
    echo "System packages are missing. Run this, then try again:" >&2
    echo "    sudo apt-get update && sudo apt-get $install" >&2
fi
if [ -n "${snap:-}" ]; then
    echo "A browser is missing, and Ubuntu has Chromium as a snap only. Run this, then try again:" >&2
    echo "    sudo snap install chromium" >&2
    echo "(where snaps cannot run, as in a container: any Chrome or Chromium on the PATH will do)" >&2
    exit 1
fi
[ -z "$missing" ] || [ "$(id -u)" -eq 0 ]
