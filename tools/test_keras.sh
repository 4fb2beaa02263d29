#!/usr/bin/env bash
# Runs tests/keras on each backend, side by side, and counts the lines that they reach together: PYTHON [for pytest ...]
set -eu
python=$1
shift
backends=(tensorflow jax torch)
processes=()
folder=$(mktemp -d)
trap 'kill "${processes[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
# The three share the cores: one thread in each does more than several that wait for each other.
export OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 TF_CPP_MIN_LOG_LEVEL=3
export COVERAGE_RCFILE=tests/keras/coverage.ini

for backend in "${backends[@]}"; do
  KERAS_BACKEND=$backend COVERAGE_FILE=$folder/.coverage.$backend \
    "$python" -m coverage run -m pytest tests/keras --durations=5 "$@" >"$folder/$backend" 2>&1 &
  processes+=($!)
done

failed=0
for index in "${!backends[@]}"; do
  wait "${processes[$index]}" || failed=1
  echo "== tests/keras on ${backends[$index]}"
  cat "$folder/${backends[$index]}"
done
"$python" -m coverage combine --quiet --data-file="$folder/.coverage" "$folder"
"$python" -m coverage report --data-file="$folder/.coverage" --fail-under=90 || failed=1
exit "$failed"
