"""Every record type of the dictionary, one file for each family."""

from typing import Final

from ..record import RecordDeclaration
from .actors import COMPANY, PERSON
from .administration import CODE_EDITION, CODE_ENTRY, NATIONAL_SETTING, RETENTION_RULE, UNIT, USER
from .agreements import AGREEMENT
from .case import CASE
from .community import ATTACHMENT, LIBRARY_ITEM, LINK, POST, TOPIC
from .conveyance import CONVEYANCE
from .equivalents import EQUIVALENT
from .messages import MESSAGE, OPERATION
from .prices import PRICE
from .requests import REQUEST
from .risk import ARRIVAL, PROPOSAL, RULE, SIGHTING, WATCH_ENTRY, WATCH_LIST
from .sites import SITE
from .suspect import SUSPECT

VERSION: Final = 4

TYPES: Final[tuple[RecordDeclaration, ...]] = (
    CASE,
    PERSON,
    COMPANY,
    CONVEYANCE,
    SUSPECT,
    OPERATION,
    MESSAGE,
    REQUEST,
    LIBRARY_ITEM,
    TOPIC,
    POST,
    LINK,
    ATTACHMENT,
    WATCH_LIST,
    WATCH_ENTRY,
    RULE,
    SIGHTING,
    PROPOSAL,
    ARRIVAL,
    UNIT,
    USER,
    CODE_ENTRY,
    CODE_EDITION,
    PRICE,
    EQUIVALENT,
    AGREEMENT,
    SITE,
    RETENTION_RULE,
    NATIONAL_SETTING,
)

__all__ = ["TYPES", "VERSION"]
