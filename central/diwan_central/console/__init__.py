"""The console of the centre and the pages that only the centre has.

What may not enter: SQL, keys and messages of the network.
"""
