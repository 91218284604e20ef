"""Findings: what is wrong with a node, noted by one of its processes and shown by others, with the remedy.

`findings` keeps them in one file for each process, outside the databases, since a finding may be that a database cannot
be written; `words` has their texts. Modules are imported one by one.
"""
