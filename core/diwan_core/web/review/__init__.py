"""Checking a case: a supervisor validates it or sends it back; an officer corrects it and submits it again.

What may not enter: how a record is edited; that is in `web.drafts`.
"""
