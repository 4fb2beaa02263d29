#!/usr/bin/env bash
# Runs tests/keras on each backend, side by side, and counts the lines that they reach together: PYTHON [for pytest ...]
# With -m sweep, runs each heuristic of the catalogue by itself instead, and counts nothing.
set -eu
python=$1
shift
backends=(jax tensorflow torch)
processes=()
folder=$(mktemp -d)
trap 'kill "${processes[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
# All share the cores: one thread in each does more than several that wait for each other.
export OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 TF_CPP_MIN_LOG_LEVEL=3
# Small networks for a few steps: it pays to compile quickly rather than well.
export XLA_FLAGS="--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
export COVERAGE_RCFILE=tests/keras/coverage.ini
coverage=(--cov --cov-config="$COVERAGE_RCFILE" --cov-report=)
if [[ " $* " == *" sweep "* ]]; then
  coverage=()
fi

for index in "${!backends[@]}"; do
  KERAS_BACKEND=${backends[$index]} COVERAGE_FILE=$folder/.coverage.${backends[$index]} \
    "$python" -m pytest tests/keras --durations=5 "${coverage[@]}" "$@" >"$folder/${backends[$index]}" 2>&1 &
  processes+=($!)
done

failed=0
for index in "${!backends[@]}"; do
  wait "${processes[$index]}" || failed=1
  echo "== tests/keras on ${backends[$index]}"
  cat "$folder/${backends[$index]}"
done
if [ "${#coverage[@]}" -gt 0 ]; then
  "$python" -m coverage combine --quiet --data-file="$folder/.coverage" "$folder"
  "$python" -m coverage report --data-file="$folder/.coverage" --fail-under=90 || failed=1
fi
exit "$failed"
