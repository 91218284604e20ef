"""Carving: what can be read of a damaged database file, and a new register filled with what of it is proven.

    row_format     a row of SQLite as its bytes give it (https://sqlite.org/fileformat2.html)
    damaged_file   the damaged file and its write-ahead log, page by page, without SQLite
    scratch        a database in which the salvage keeps what it found
    carve          what looks like a row of a register, wherever in the file it lies
    chains         which of those rows are what their authors wrote: the hash chains say so
    refill         a new register, filled through admission as if the rows came on a stick
    leftovers      rows that cannot be applied, and the numbers of the epochs
    by_snapshot    records whose state came by a snapshot, without their history
    other_tables   what can be read of a small damaged database beside the register

It is in the register since it reads and fills a node's database; which files are put where, and when, is decided by
`diwan_core.salvage`. What may not enter: anything that writes to a damaged file."""
