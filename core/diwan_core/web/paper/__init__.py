"""Printing: the page of a record as a PDF, laid out by a separate process.

    from diwan_core.web.paper.press import printed     HTML and its pictures in, PDF out

WeasyPrint needs some 100 MB and seconds of processor for a case with pictures, more than the console itself; so it
lives in `worker`, which is started for one report, with a time, a memory and a file limit, reads nothing but the
stylesheet, the fonts and the pictures it was told of, and is gone afterwards. Only `worker` imports it. This package
imports none of its modules by itself.
"""
