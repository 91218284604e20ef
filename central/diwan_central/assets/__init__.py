"""The asset register of the centre: which machine is where, since when, its warranty, and who accepted it.

    model      what is read of an acceptance sheet: the parts that the register needs
    sheets     a signed sheet comes in: kept with the others (diwan_core.acceptance), and noted here
    store      the file `DIR/assets.db`: machines, their sheets by name, and who changed what
    taking     a new machine, or one that is known; nothing is overwritten by an older sheet
    notices    what a person should know about a machine, such as two technicians who accepted it
    pages, commands, table, words    the console's pages, `diwan central assets …`, the CSV

Machines are not records of cases: technicians keep them, and nothing of it travels to posts.
"""
