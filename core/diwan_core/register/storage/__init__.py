"""The database file of a node, its tables, and the files of pictures beside it: opened, written in transactions, kept
small, copied while people work, and woken for.

What may not enter: what a record is, what a row means, and any rule of the dictionary.
"""
