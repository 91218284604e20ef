"""Records in words for people: values, lists, links, histories, duplicates. No routes.

What may not enter: routes, forms and drafts.
"""
