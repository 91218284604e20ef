"""What is kept beside records so that they can be found: folded words, identifiers, dates of birth, references,
lists.

What may not enter: the journal, and the questions people ask (those are in `register.search`).
"""
