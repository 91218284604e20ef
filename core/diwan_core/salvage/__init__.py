"""Salvage: makes a new register of what can be read of a damaged one (ADR 25).

    salvage   the whole folder of a node: register, pictures, drafts, accounts, log of reads
    rebuild   the new register: its ledger first, then all rows
    pictures  each file of a picture against its name
    swap      the damaged file put aside and the new one in its place, also when the power goes in between
    pending   this node's own rows that no chain holds any more, written anew once the centre said that it lacks them
    recheck   a register that was marked as damaged: all of it is verified, and it is opened again where it is sound
    command   `diwan post salvage`

How a damaged database file is read, and how a register is filled from it, is in `diwan_core.register.carving`. What may
not enter: SQL, and anything that writes to the damaged file."""
