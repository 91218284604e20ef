"""Archives: what a node knows of its backups (ADR 35). This is what belongs in a backup, where archives are kept, and
the chained list of all archives.

The unit `backup` makes archives and writes here. The console, `health` and the receipts *safe* only read. What may not
enter: borg, and anything that makes or reads an archive itself.
"""
