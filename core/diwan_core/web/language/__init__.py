"""Languages: catalogues of translated texts, and the language and direction of a page.

What may not enter: pages, and texts that belong to one of them.
"""
