#!/usr/bin/env bash
# Feeds one target with what libFuzzer makes of its seeds, for some seconds: run.sh <binary> <target> <seconds> <folder>
#
# What it learns stays in <folder>/corpus/<target>, what it finds in <folder>/found/<target>.
set -euo pipefail

binary=$1 target=$2 seconds=$3 folder=$4
here=$(dirname "$0")
corpus=$folder/corpus/$target found=$folder/found/$target log=$folder/$target.log
mkdir -p "$corpus" "$found"
inputs=("$corpus" "$here/seeds/$target")
[ ! -d "$here/regressions/$target" ] || inputs+=("$here/regressions/$target")
[ ! -f "$here/words/$target" ] || inputs+=("-dict=$here/words/$target")

# An input may take 10 seconds and 1 GiB.
if RUST_BACKTRACE=0 "$binary" "${inputs[@]}" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
  -artifact_prefix="$found/" >"$log" 2>&1; then
  printf '%-14s %s\n' "$target" "$(grep '^Done ' "$log")"
  exit
fi
grep -v '^#' "$log" | tail -n 40 >&2
input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
if [ -z "$input" ]; then
  echo "the target $target did not run: see $log" >&2
  exit 1
fi
cat >&2 <<END

The target $target broke on $input.
Once you have mended it, keep the input as a test, under a name that says what it is:
  mkdir -p fuzz/regressions/$target && cp $input fuzz/regressions/$target/NAME && cargo test -p fuzz
END
exit 1
