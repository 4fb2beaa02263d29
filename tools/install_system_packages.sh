#!/usr/bin/env bash
# Installs what the tests need from the system: Chromium, which opens the report as a reader would, and a C++ compiler.
set -eu
has() { for name in "$@"; do command -v "$name" >/dev/null && return 0; done; return 1; }
missing=()
has chromium chromium-browser google-chrome || missing+=(chromium)
has g++ || missing+=(g++)
[ "${#missing[@]}" = 0 ] && exit 0
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
if command -v apt-get >/dev/null; then
  as_root apt-get update -qq
  as_root apt-get install -y -qq --no-install-recommends "${missing[@]}"
else
  echo "The tests need ${missing[*]}: install it with your system's package manager." >&2
  exit 1
fi
