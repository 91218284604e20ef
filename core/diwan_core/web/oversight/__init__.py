"""Pages for people who supervise the network: the log of reads and the quarantine.

What may not enter: anything that changes a record.
"""
