"""Admission: rows of another origin are checked, admitted in one transaction, kept waiting, or put into quarantine.

What may not enter: messages, parcels and carriers; what is admitted here has been opened and verified by `exchange`.
"""
