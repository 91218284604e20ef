"""Verifying a machine: what it says of itself, held against what it was promised to be (ADR 34)."""
