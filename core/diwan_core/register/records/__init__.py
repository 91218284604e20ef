"""Records: how changes are merged into them, and how they are edited, read, withdrawn and shown with their history.

What may not enter: where a change came from, and whether it may be admitted (`register.admission` decides that).
"""
