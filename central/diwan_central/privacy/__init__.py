"""Retention and access: which records are due and how a run erases them, and what is told to a person of whom records
are held.

What may not enter: how an erasure travels and is carried out (`exchange.erasure`), how long records are kept
(`dictionary.retention`)."""
