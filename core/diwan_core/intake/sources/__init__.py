"""Files of other people as rows: text files in any encoding, JSON, workbooks, and our own exports read back.

What may not enter: mappings, records and the register. A stranger's archive is opened in a confined process only.
"""
