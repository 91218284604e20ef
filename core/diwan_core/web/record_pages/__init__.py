"""The pages of a record: list, record, history, conflicts, PDF, and the look-up of codes.

What may not enter: SQL, and facts about one record type.
"""
