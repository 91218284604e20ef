"""Accounts at a console: signing in, one's own account, users and approvals for the administrator.

What may not enter: how a password is checked; that is in `trust.people`.
"""
