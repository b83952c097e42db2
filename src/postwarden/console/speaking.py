"""What rooms and shells say in English, in the reader's language.

Only what is shown goes through here. What a room keeps, hashes or signs is the English text that `Said` is.
"""

from string import Formatter

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from postwarden.vocabulary import PostwardenError, Said


class _Spoken(Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        """Say a value that is a sentence itself; write numbers with many digits as the reader does."""
        if isinstance(value, Said):
            return told(value)
        if isinstance(value, int) and format_spec == ",":
            return number_format(value, force_grouping=True)
        return str(super().format_field(value, format_spec))


def told(what: str | PostwardenError) -> str:
    """Say a sentence, or what an error says; what no catalogue has stays as it is."""
    if isinstance(what, PostwardenError):
        said = what.args[0] if what.args else ""
        return told(said) if isinstance(said, Said) else str(what)
    if not isinstance(what, Said) or not what.one:
        return str(what)
    counts = what.more and what.values
    pattern = ngettext(what.one, what.more, what.values["n"]) if counts else gettext(what.one)
    return _Spoken().vformat(pattern, (), what.values) if what.values else pattern
