"""The database file of a node, its tables, and the files of pictures: opening, transactions, maintenance, copies, and
waking of other processes.

What may not enter: what a record is, what a row means, and any rule of the dictionary.
"""
