"""Languages: catalogues of translated texts, and how a page finds its language and direction.

What may not enter: pages, and texts that belong to one of them.
"""
