"""Search and lists: which records hold these words, which are on this page of a list, which refer to that record.

What may not enter: anything that writes a record.
"""
