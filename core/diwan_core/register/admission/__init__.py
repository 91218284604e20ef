"""Admission: rows of other nodes are checked, and accepted in one transaction, kept waiting, or put into quarantine.

What may not enter: messages, parcels and carriers; what is admitted here has been opened and verified by `exchange`.
"""
