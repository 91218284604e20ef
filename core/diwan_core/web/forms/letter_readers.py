"""Says beside the field that names one post who reads what is written to it, as things stand."""

from diwan_core.dictionary import RecordType
from diwan_core.register.admission.how_far import ALL, CENTRE, restricted
from diwan_core.web.kit.console import register
from diwan_core.web.language.i18n import _


def readers_of_letter(record: RecordType) -> str:
    """Who reads a record of this type that names one post, in a sentence."""
    with register().store.read() as transaction:
        far = restricted(transaction).get(record.name, ALL)
    if far == CENTRE:
        return _("At present only the centre reads it, and whoever writes it: the centre says so on “Who reads what”.")
    if far != ALL:
        return _("Besides the centre and whoever writes it, that post alone reads it.")
    return _(
        "At present all posts read it, because one of them has an older release or the centre says so on “Who reads "
        "what”."
    )
