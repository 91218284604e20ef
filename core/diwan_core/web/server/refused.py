"""The values that the server passes to the application with a refused request."""

from typing import Final

REFUSED: Final = "diwan.refused"
"""In the environment of such a request: the status of the page to show. Nothing else in it is the client's, but for the
language and the cookies."""

MISDIRECTED: Final = "diwan.misdirected"
"""In the environment of a request that came as plain HTTP to a port for TLS."""
