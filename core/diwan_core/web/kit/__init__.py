"""What every page needs: permissions, the gate of each request, errors, headers, templates, the log of reads.

What may not enter: records, forms and anything else of one page.
"""
