"""How long ago something was, in words."""

from diwan_core.web.language.i18n import _n


def spoken_age(milliseconds: int) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, milliseconds // 1000)
    if seconds < 120:
        return _n("{count} second ago", "{count} seconds ago", seconds)
    if seconds < 7200:
        return _n("{count} minute ago", "{count} minutes ago", seconds // 60)
    if seconds < 172_800:
        return _n("{count} hour ago", "{count} hours ago", seconds // 3600)
    return _n("{count} day ago", "{count} days ago", seconds // 86_400)
