"""Pictures of a record: taken in whole or in pieces, shown, described, and the gallery of concealments.

What may not enter: a decoder of pictures; they are opened by a confined process (`media`).
"""
