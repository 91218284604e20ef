"""The commands import, export, search, show, dictionary, codes, imports and mapping.

What may not enter: anything another room would want to call; a command asks, calls and prints.
"""
