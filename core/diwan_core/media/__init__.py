"""Pictures: detection of the real file type, and small upright copies without metadata, made by a confined process.

    from diwan_core.media.kinds import sniff           what a file is, by its first bytes
    from diwan_core.media.examine import examine       open one in a limited process; what it is, and its copies
    from diwan_core.media.previews import Previews     the copies a node keeps, made when they are asked for

A picture is the most hostile thing a console is given: the libraries that decode it are large and written in C. So
nobody decodes where records are: `worker` is started for one picture, with a time, a memory and a file limit, without
files and network, and is thrown away. What may not enter: records, keys, the register; and Pillow anywhere but in
`decode`, which only the worker imports. This package imports none of its modules by itself, so that the worker starts
quickly.
"""
