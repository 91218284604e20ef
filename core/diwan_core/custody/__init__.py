"""Custodians: three people of whom any two act together, with keys of their own, named in the ledger (ADR 36)."""
