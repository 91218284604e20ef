"""Findings: what is wrong with a node, found by one of its processes and told by others, with its remedy.

`findings` keeps them, one file a process, outside the databases, since a finding may be that a database cannot be
written; `words` says them. Modules are imported one by one.
"""
