"""The journal: the rows of every origin, numbered, chained and signed, and the clocks that date them.

What may not enter: the state of a record, what a row's values mean, and how rows travel.
"""
