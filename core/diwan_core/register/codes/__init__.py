"""Loaded code lists: editions published by the centre, and the file in which a node looks codes up.

What may not enter: the code lists that a release brings with it; those are in `dictionary.lists`.
"""
