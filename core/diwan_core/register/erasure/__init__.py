"""Erasure under the law: values leave records, the journal, drafts and indexes; the chain of the journal still
verifies.

What may not enter: who may order an erasure (the ledger says that), and how the order travels.
"""
