"""TLS between browsers and consoles: the console authority, the certificates of consoles, and their contexts.

What may not enter: the authority of nodes, which never vouches for a console.
"""
