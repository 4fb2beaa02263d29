#!/usr/bin/env bash
# Installs what the tests need from the system: Chromium, which opens the report as a reader would.
set -eu
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null && exit 0
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
if command -v apt-get >/dev/null; then
  as_root apt-get update -qq
  as_root apt-get install -y -qq --no-install-recommends chromium
else
  echo "The report's tests need Chromium: install it with your system's package manager." >&2
  exit 1
fi
