"""The lab's browser, by the name the tests of pages know it by."""

from diwan_lab.chromium import PROGRAM, BrowserError, Page, chromium

__all__ = ["PROGRAM", "BrowserError", "Page", "chromium"]
