"""Records as a person reads them: values in words, lists, links, histories, duplicates. No routes.

What may not enter: routes, forms and drafts.
"""
