"""A real register in a temporary folder, and cases to put into it."""

from tests.register.conftest import case as case
from tests.register.conftest import folder as folder
from tests.register.conftest import register as register
