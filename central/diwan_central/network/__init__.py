"""The centre's part in the network: enrolment, confirmation, revocation and renewal of posts, certificates of
consoles.

What may not enter: records, and the exchange of rows.
"""
