"""The network as the centre keeps it: enrolment, confirmation, revocation and renewal of posts, certificates of
consoles.

What may not enter: records, and the exchange of rows.
"""
