"""Every code list: Diwan's own, declared here as text, and the international ones, which come as files."""

from typing import Final

from ..code_table import CodeTable
from ..codelist import CodeList
from .case import CASE_LISTS
from .concealment import CONCEALMENT
from .controlled import CONTROLLED_LISTS
from .course import COURSE_LISTS
from .goods import GOODS_LISTS
from .network import NETWORK_LISTS
from .packaged import packaged_lists
from .people import PEOPLE_LISTS
from .products import PRODUCT_LISTS
from .quantities import QUANTITY_LISTS
from .states import STATE_LISTS
from .wildlife import WILDLIFE_LISTS
from .work import ADMIRALTY, WORK_LISTS

OWN_LISTS: Final[tuple[CodeList, ...]] = (
    *CASE_LISTS,
    CONCEALMENT,
    *COURSE_LISTS,
    *GOODS_LISTS,
    *PRODUCT_LISTS,
    *WILDLIFE_LISTS,
    *CONTROLLED_LISTS,
    *QUANTITY_LISTS,
    *PEOPLE_LISTS,
    *WORK_LISTS,
    *STATE_LISTS,
    *NETWORK_LISTS,
    ADMIRALTY,
)
#: Empty until a country imports its own; its codes are also found where a heading of the HS is asked for.
TARIFF: Final = CodeList.of("tariff", "National tariff", "the administration", CodeTable({"en": {}}))
ALL_LISTS: Final[tuple[CodeList, ...]] = (*OWN_LISTS, *packaged_lists(), TARIFF)

__all__ = ["ALL_LISTS", "OWN_LISTS"]
