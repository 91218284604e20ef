"""Imports and exports in the browser.

What may not enter: how a file is read or written; that is in `intake`.
"""
