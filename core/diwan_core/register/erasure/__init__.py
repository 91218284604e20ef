"""Erasure under the law: values are removed from records, the journal, drafts and indexes; the chain still verifies.

What may not enter: who may order an erasure (the ledger says that), and how the order travels.
"""
