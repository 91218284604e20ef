"""The wire formats: topics, parcels, messages, rows as bytes, and their signatures and compression.

What may not enter: an open register, a carrier, a clock, and anything that decides.
"""
