"""Reads files as rows: text files in any encoding, JSON, workbooks, and our own exports.

What may not enter: mappings, records and the register. A stranger's archive is opened in a confined process only.
"""
