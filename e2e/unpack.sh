#!/usr/bin/env bash
# Unpacks Debian packages into a folder. Nothing is installed, and no one need be root.
set -euo pipefail

[ $# -ge 2 ] || { echo "usage: $0 FOLDER PACKAGE..." >&2; exit 2; }
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: this is not Debian or like it" >&2; exit 1; }
done
folder=$1
shift
rm -rf "$folder"
mkdir -p "$folder/lists/partial" "$folder/archives/partial"
cd "$folder"

# The machine's own package lists may be missing or old, and only root may renew them: then we fetch our own.
own=(-o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD" -o Dir::Cache::archives="$PWD/archives" -o APT::Sandbox::User=)
apt-get -qq download "$@" 2>/dev/null || {
  apt-get -qq "${own[@]}" update
  apt-get -qq "${own[@]}" download "$@"
}
for package in ./*.deb; do
  dpkg-deb -x "$package" .
done
rm -rf lists archives ./*.deb ./*cache.bin
