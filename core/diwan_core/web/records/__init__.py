"""Records in words for people: values, lists, links, histories, duplicates. No routes.

What may not enter: routes and drafts, and questions about which type a record has: its kind answers them.
"""
