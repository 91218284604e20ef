"""Verification of a machine: compares what it reports with what it should be (ADR 34)."""
