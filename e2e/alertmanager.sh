#!/usr/bin/env bash
# Unpacks the Debian package of Alertmanager into a folder. Nothing is installed, and no one need be root.
set -euo pipefail

[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: this is not Debian or like it" >&2; exit 1; }
done
rm -rf "$1"
mkdir -p "$1/lists/partial" "$1/archives/partial"
cd "$1"

package=prometheus-alertmanager
# The machine's own package lists may be missing or old, and only root may renew them: then we fetch our own.
own=(-o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD" -o Dir::Cache::archives="$PWD/archives" -o APT::Sandbox::User=)
apt-get -qq download "$package" 2>/dev/null || {
  apt-get -qq "${own[@]}" update
  apt-get -qq "${own[@]}" download "$package"
}
dpkg-deb -x "$package"_*.deb .
# It looks for its templates in /usr/share; here they stand below the folder it is started in. The path keeps its length.
LC_ALL=C sed -i 's#/usr/share/prometheus/alertmanager\([^/]\)#usr/share/prometheus//alertmanager\1#g' usr/bin/"$package"
usr/bin/"$package" --version 2>&1 | head -1
rm -rf lists archives ./*.deb ./*cache.bin
touch .made
