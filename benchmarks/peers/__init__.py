"""The contestants of the benchmarks, each a program of its own."""
