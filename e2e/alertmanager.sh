#!/usr/bin/env bash
# Unpacks the Debian package of Alertmanager into a folder.
set -euo pipefail

[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
package=prometheus-alertmanager
"$(dirname "$0")"/unpack.sh "$1" "$package"
cd "$1"
# It looks for its templates in /usr/share; here they stand below the folder it is started in. The path keeps its length.
LC_ALL=C sed -i 's#/usr/share/prometheus/alertmanager\([^/]\)#usr/share/prometheus//alertmanager\1#g' usr/bin/"$package"
usr/bin/"$package" --version 2>&1 | head -1
touch .made
