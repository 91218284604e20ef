"""Drafts: forms that somebody is working on, kept as typed with the records they refer to, until they are submitted
or thrown away.

What may not enter: facts about one record type.
"""
