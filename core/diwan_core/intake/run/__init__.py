"""Imports and exports while they run: trial, preview, report, batches into the register, undoing, and background
jobs.

What may not enter: the web, and words for a terminal.
"""
