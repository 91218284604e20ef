"""The roll-out of a country: its sites, what each needs to be ready, what is planned by when, who is trained.

store        the file `DIR/rollout.db`; only the centre needs it, so nothing of it travels to posts
questions    the questionnaire of a site: types, bounds, weights, remedies
answers      what somebody answers, understood the same way from a page, a spreadsheet and a command
readiness    a score from 0 to 100, with reasons and what to do about each
sites        sites as they are kept; two people who edit one site
"""
