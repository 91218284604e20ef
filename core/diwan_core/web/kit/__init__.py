"""What every page stands on: permissions, the gate each request passes, errors, headers, templates, the log of reads.

What may not enter: records, forms and anything else of one page.
"""
