"""Custodians: their keys, the acts that any two of them sign, and the secrets that only their acts open.

What may not enter: the accounts of a console; a custodian is a person with a key, not a user.
"""
