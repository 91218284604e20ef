"""The processes of a node: how they end with whoever started them, and that a folder has one of each.

Modules are imported one by one; the package imports none of them by itself, since workers that need little start from
here too.
"""
