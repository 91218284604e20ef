"""The log of reads of a node: every record shown and every event, in rows that are chained by hashes.

What may not enter: sentences; a row holds a code and parameters, and a console words them for its reader.
"""
