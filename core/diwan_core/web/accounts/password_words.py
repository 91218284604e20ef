"""The reason why a new password is refused, one plain sentence for each rule (`trust.people.password_rules`)."""

from collections.abc import Mapping
from typing import Final

from diwan_core.trust.people.password_rules import Rule
from diwan_core.web.language.i18n import N_

RULE_WORDS: Final[Mapping[Rule, str]] = {
    "short": N_("A new password has at least 10 characters. Three or four words are good."),
    "long": N_("A new password has at most 200 characters."),
    "few": N_("A new password must have more than a few different characters."),
    "repeated": N_("A new password must not repeat one short piece."),
    "common": N_(
        "Very many people use this password, alone or with digits around it. Choose a few words in a row instead."
    ),
    "user_name": N_("Your user name must not be in your password."),
    "own_name": N_("This is made of your own name and little else. Others guess that first."),
    "service": N_("This is made of the name of this service or office and little else. Others guess that first."),
    "year": N_("This is made of a year and little else. Add a few words."),
    "keyboard": N_("This is made of neighbouring keys, letters or digits and little else. Add a few words."),
    "one_time": N_("This is the one-time password. Choose one of your own."),
    "same": N_("The new password must differ from the current one."),
}
