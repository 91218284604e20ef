"""What travels: topics, parcels, messages, rows as bytes, and how they are signed and compressed.

What may not enter: an open register, a carrier, a clock, and anything that decides.
"""
