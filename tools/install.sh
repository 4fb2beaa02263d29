#!/usr/bin/env bash
# Makes an environment with the versions of a lock file and this project, for editing: PYTHON ENVIRONMENT LOCK
set -eu
"$1" -m venv "$2"
"$2/bin/python" -m pip install --quiet --upgrade pip
"$2/bin/python" -m pip install --quiet -r "$3"
"$2/bin/python" -m pip install --quiet --no-deps --editable .
touch "$2/.ready"
