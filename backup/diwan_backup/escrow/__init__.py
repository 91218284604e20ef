"""The escrow: the recovery key in three shares on paper, of which any two open it and one opens nothing (ADR 36)."""
