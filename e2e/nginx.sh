#!/usr/bin/env bash
# Unpacks the Debian package of nginx into a folder.
set -euo pipefail

[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
"$(dirname "$0")"/unpack.sh "$1" nginx
cd "$1"
# It starts, so that a library that is missing is found here.
usr/sbin/nginx -v 2>&1
touch .made
