"""What a node knows of its backups: what belongs in a backup, where archives are kept, and the chained list of all
archives (ADR 35).

The unit `backup` makes archives and writes here; the console, `health` and the receipts *safe* only read.
"""
