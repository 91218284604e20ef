"""What can be read of a damaged register, made into a new one.

    pages    the damaged file and its write-ahead log, page by page, without SQLite (https://sqlite.org/fileformat2.html)
    carve    what looks like a row of ours, wherever it lies
    chains   which of those rows are what their author wrote: the hash chains say
    rebuild  a new register, filled through admission as if the rows came on a stick
    swap     the old file put aside, the new one in its place, whatever moment the power goes
    pending  rows of one's own that no chain holds any more, written anew once the centre has said that it lacks them

Nothing here writes to the damaged file. Modules are imported one by one.
"""
