"""Pictures of a record: upload in whole or in pieces, display, description, and the gallery of concealments.

What may not enter: a decoder of pictures; they are opened by a confined process (`media`).
"""
