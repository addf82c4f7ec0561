#!/usr/bin/env bash
# Installs the peers into a folder, each below its name; nothing of it goes anywhere else. What cannot be installed is
# said and left out. A peer that stands there already is left alone until its lock changes.
set -euo pipefail

[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
to="$(cd "$1" && pwd)"
from="$(cd "$(dirname "$0")" && pwd)"
node="$to/node/node_modules/.bin"

# Scripts of packages do not run: some load programs from elsewhere, some count who installs them.
packages() {
  command -v npm >/dev/null || { echo "npm is missing"; return 1; }
  cp "$from/$1/package.json" "$from/$1/package-lock.json" . || return
  PATH="$node:$PATH" npm ci --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error
}

node() {
  packages node && "$node/node" --version
}

node-red() {
  packages node-red
}

n8n() {
  local free
  free="$(df --output=avail -BG . | tail -1 | tr -dc 0-9)"
  [ "$free" -ge 6 ] || { echo "it takes 2.5 GB, and as much again while it is installed; there are $free GB"; return 1; }
  packages n8n || return
  # Its database driver alone has to be built; the other scripts are not needed.
  PATH="$node:$PATH" npm_config_build_from_source=true npm_config_nodedir="$(echo "$to"/node/node_modules/node-linux-*)" \
    npm rebuild sqlite3 --loglevel=error
}

# The Debian package, unpacked.
webhook() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "this is not Debian or like it"; return 1; }
  # The machine's own package lists may be missing or old, and only root may renew them: then we fetch our own.
  local own=(-o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD" -o Dir::Cache::archives="$PWD/archives" -o APT::Sandbox::User=)
  mkdir -p lists/partial archives/partial
  apt-get -qq download webhook 2>/dev/null || {
    apt-get -qq "${own[@]}" update && apt-get -qq "${own[@]}" download webhook || return
  }
  dpkg-deb -x webhook_*.deb . || return
  rm -rf lists archives ./*.deb ./*cache.bin
  usr/bin/webhook -version
}

for peer in node node-red n8n webhook; do
  # Debian says itself which `webhook` it has.
  lock=none
  [ $peer = webhook ] || lock="$(sha256sum <"$from/$peer/package-lock.json")"
  [ "$(cat "$to/$peer/.made" 2>/dev/null)" != "$lock" ] || continue
  echo "installing $peer$([ $peer != n8n ] || echo ', which takes up to ten minutes')"
  rm -rf "${to:?}/$peer"
  mkdir "$to/$peer"
  cd "$to/$peer"
  if "$peer" >install.log 2>&1; then
    echo "$lock" >.made
  else
    echo "SKIPPED ($(grep -v '^$' install.log | head -1)): $peer; $to/$peer/install.log says more"
  fi
done
