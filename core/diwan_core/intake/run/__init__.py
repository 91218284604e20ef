"""Imports and exports as they are run: trial, preview, report, batches into the register, taking back, jobs of
their own.

What may not enter: the web, and words for a terminal.
"""
