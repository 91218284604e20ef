"""Forms made from the dictionary: fields, layout, typed values, and errors.

What may not enter: routes, drafts, and facts about one record type.
"""
