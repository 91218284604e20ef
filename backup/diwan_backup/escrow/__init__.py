"""The escrow: the recovery key in three shares on paper, of which any two give the key and one gives nothing (ADR
36)."""
