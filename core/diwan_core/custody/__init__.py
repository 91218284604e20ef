"""Custody: the custodians, three people named in the ledger, of whom any two must act together (ADR 36).

What may not enter: private keys of custodians beyond the moment of signing, and SQL."""
