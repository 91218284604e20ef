"""People at one node: accounts, passwords, sessions, known browsers, and what takes a second person.

What may not enter: keys of nodes and anything that travels: each node holds its own accounts.
"""
