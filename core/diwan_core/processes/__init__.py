"""The processes of a node: each folder has one of each, and they end with the process that started them.

Modules are imported one by one; the package imports none of them by itself, since workers that need little start from
here too.
"""
