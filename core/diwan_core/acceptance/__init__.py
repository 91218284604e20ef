"""Acceptance sheets: what was checked on a machine, signed by the technician, kept at the centre (ADR 34)."""
