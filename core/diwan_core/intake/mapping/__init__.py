"""Mappings: which column of a file becomes which field of a record; checked, proposed, and compiled to functions.

What may not enter: the register, and files themselves; a mapping sees one row at a time.
"""
