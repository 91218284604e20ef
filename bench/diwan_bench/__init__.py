"""Benchmarks: what Diwan does in a second and what it costs, measured on real processes over a real TCP line.

Not a lab: nothing here kills or corrupts. Its figures are compared with the limits measured in the same run
(docs/benchmarks.md)."""
