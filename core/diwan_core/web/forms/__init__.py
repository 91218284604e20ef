"""Forms from the dictionary: fields, layout, what was typed, what is wrong with it.

What may not enter: routes, drafts, and facts about one record type.
"""
