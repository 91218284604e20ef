"""The trust between machines: node keys, certificates, enrolment, the ledger of irreversible facts, sealing and TLS.

What may not enter: people and their passwords, and anything about records.
"""
