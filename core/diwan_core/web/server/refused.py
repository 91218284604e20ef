"""How the server tells the application that a request was refused before it became one."""

from typing import Final

REFUSED: Final = "diwan.refused"
"""In the environment of such a request: the status of the page to show. Nothing else in it is the client's, but for the
language and the cookies."""
