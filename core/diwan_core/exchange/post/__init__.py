"""A post's half of the exchange: it sends its rows and pictures to the centre, and takes what the centre relays to
it.

What may not enter: anything of the centre's half (`exchange.centre`), and any carrier but the files of a stick.
"""
