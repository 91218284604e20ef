"""The asset register of the centre: which machine is where, since when, its warranty, and who accepted it.

    model      what is read of a machine's result: the parts that the register needs, checked
    store      the file `DIR/assets.db`: machines, accepted results, and who changed what
    taking     a result comes in: a new machine, or one that is known; nothing is overwritten by an older result
    notices    what a person should know about a machine, such as two technicians who accepted it
    pages, commands, table    the console's pages, `diwan central assets …`, the CSV

Machines are no records of cases: technicians keep them, and nothing of it travels to posts.
"""
