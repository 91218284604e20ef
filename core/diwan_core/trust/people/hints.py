"""Which first hints of pages each person has closed, kept with the accounts of this node."""

from typing import Final

from diwan_core.trust.people.accounts_db import Store

ALL: Final = "*"
"""In place of a topic's name: somebody who wants no hints."""
MOST: Final = 200
LONGEST: Final = 40


class Hints:
    """The closed hints of everyone at this node."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def closed(self, name: str, topic: str) -> bool:
        """Whether a person has closed the hint of a topic, or all of them."""
        sql = "select 1 from closed_hint where name = ? and topic in (?, ?)"
        return self._store.row(sql, (name, topic, ALL)) is not None

    def close(self, name: str, topic: str = ALL) -> None:
        """Show the hint of a topic no more; without a topic, none at all."""
        with self._store.writing():
            held = self._store.row("select count(*) as n from closed_hint where name = ?", (name,))
            if len(topic) <= LONGEST and (held is None or held["n"] < MOST):
                self._store.write("insert or ignore into closed_hint (name, topic) values (?, ?)", (name, topic))

    def show_again(self, name: str) -> None:
        """Show all hints once more."""
        with self._store.writing():
            self._store.write("delete from closed_hint where name = ?", (name,))
