"""The trust of a browser in a console: the console authority, the certificates of consoles, and their TLS.

What may not enter: the authority of nodes, which never vouches for a console.
"""
