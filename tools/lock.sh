#!/usr/bin/env bash
# Prints a lock file: what the given Python has installed, without this project, build tags and platform packages.
set -eu
echo "# Made by 'make lock': the versions that this project is tested with."
"$1" -m pip freeze --exclude-editable --exclude steadygan |
  sed -E 's/^(torch==[0-9.]+)\+[a-z0-9.]+$/\1/' |
  grep -vE '^(nvidia-|triton)' | sort -f
