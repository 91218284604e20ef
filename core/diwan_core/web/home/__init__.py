"""The panels of the first page that both consoles have: work, this week against last, what is new, the machine, people
and the log."""
