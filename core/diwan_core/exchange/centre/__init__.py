"""The centre's half of the exchange: it takes in what posts send, gives receipts, and relays to each post what it may
read.

What may not enter: anything of a post's half (`exchange.post`), and any carrier but the files of a stick.
"""
