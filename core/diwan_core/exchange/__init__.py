"""The exchange: what travels between posts and the centre, over a line or on a stick, and what each does with it.

`post` and `centre` are its two ends and do not import each other. Between them stand `wire` (the form of messages),
`carriers` (how messages move), and what both ends use: the ledger, pieces of pictures, the files of a stick, erasure.

What may not enter: SQL, which is the register's (`register.exchange_state`), and pages."""
