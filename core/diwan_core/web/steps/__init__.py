"""Taking the steps of a record's state: what a step needs is asked, and what ends something is asked about once more.

What may not enter: the rules, which are the dictionary's (`dictionary/declared`) and judged at the register's door."""
