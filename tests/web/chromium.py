"""The lab's browser, by the name the tests of pages know it by."""

from diwan_lab.chromium import PROGRAM, Page, chromium
from diwan_lab.tab import BrowserError

__all__ = ["PROGRAM", "BrowserError", "Page", "chromium"]
