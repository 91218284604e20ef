"""The saved views of lists: a name and a query for each, kept with the accounts of this node."""

from typing import Final

from diwan_core.trust.errors import TrustError
from diwan_core.trust.people.accounts_db import Store

MOST: Final = 50
LONGEST_TITLE: Final = 60
LONGEST_QUERY: Final = 2000


class ViewNameWrong(TrustError):
    """A view needs a name of 1 to 60 letters that can be printed."""

    code = "view_name_wrong"


class TooManyViews(TrustError):
    """One person has saved MOST views of one list."""

    code = "too_many_views"


class SavedViews:
    """The saved views of everyone at this node."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, name: str, kind: str) -> list[tuple[str, str]]:
        """(title, query) of the views a person saved of a list, by title."""
        rows = self._store.rows(
            "select title, query from saved_view where name = ? and kind = ? order by title", (name, kind)
        )
        return [(row["title"], row["query"]) for row in rows]

    def keep(self, name: str, kind: str, title: str, query: str) -> None:
        """Save a view; one of the same title is replaced. Raises ViewNameWrong, TooManyViews."""
        plain = all(letter.isprintable() or letter in "\u200c\u200d" for letter in title)
        if not (0 < len(title) <= LONGEST_TITLE and plain and len(query) <= LONGEST_QUERY):
            raise ViewNameWrong("Give the view a name of 1 to 60 characters.")
        with self._store.writing():
            held = self._store.rows("select title from saved_view where name = ? and kind = ?", (name, kind))
            if len(held) >= MOST and title not in [row["title"] for row in held]:
                raise TooManyViews("There are very many saved views. Remove one first.")
            self._store.write(
                "insert into saved_view (name, kind, title, query) values (?, ?, ?, ?) "
                "on conflict (name, kind, title) do update set query = excluded.query",
                (name, kind, title, query),
            )

    def drop(self, name: str, kind: str, title: str) -> None:
        """Forget a view; nothing happens where there is none."""
        with self._store.writing():
            self._store.write("delete from saved_view where name = ? and kind = ? and title = ?", (name, kind, title))
