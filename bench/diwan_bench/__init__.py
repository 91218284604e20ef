"""Benchmarks: speed and cost of Diwan, measured on real processes over a real TCP line.

Not a lab: nothing here kills or corrupts. Its figures are compared with the limits measured in the same run
(docs/benchmarks.md)."""
