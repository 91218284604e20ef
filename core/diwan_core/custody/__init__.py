"""Custodians: three people, named in the ledger, of whom any two must act together (ADR 36)."""
