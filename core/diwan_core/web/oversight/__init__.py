"""Pages for those who watch over the network: the log of reads, and what was put into quarantine.

What may not enter: anything that changes a record.
"""
