"""Record kinds: one file for each record type that the consoles show, with all facts about the type that pages need.

Each file holds one `KIND`; `registry` finds them. Everything else in `web` asks the kind and names no type.

What may not enter: routes, forms, requests, and facts about more than one type.
"""
