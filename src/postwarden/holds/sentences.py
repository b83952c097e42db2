"""What a held account's holder is told, in their language (pure).

In ASCII: IMAP's text of a response is of 7 bits (RFC 3501 section 9, TEXT-CHAR), and so is SMTP's
(RFC 5321 section 4.2).
"""

import re
from collections.abc import Mapping

from postwarden.holds.rules import Wording

FALLBACK = "en"
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")  # RFC 5646, as short ones are
_SENTENCES: Mapping[Wording, Mapping[str, str]] = {
    Wording.EXAMINATION: {
        "en": "This account is on hold until an examination has ended. New mail keeps arriving.",
        "nl": "Dit account is geblokkeerd tot een onderzoek klaar is. Nieuwe mail blijft aankomen.",
        "de": "Dieses Konto ist gesperrt, bis eine Untersuchung endet. Neue Mails kommen weiter an.",
        "it": "Account sospeso fino al termine di una verifica. I nuovi messaggi continuano ad arrivare.",
        "fr": "Connexion suspendue le temps d'un examen. Les nouveaux messages continuent d'arriver.",
    },
    Wording.OUTAGE: {
        "en": "This mailbox is unavailable for the moment. New mail keeps arriving.",
        "nl": "Deze mailbox is tijdelijk niet beschikbaar. Nieuwe mail blijft aankomen.",
        "de": "Dieses Postfach ist zurzeit nicht verfuegbar. Neue Mails kommen weiter an.",
        "it": "Casella momentaneamente non disponibile. I nuovi messaggi continuano ad arrivare.",
        "fr": "Messagerie indisponible pour le moment. Les nouveaux messages continuent d'arriver.",
    },
}
LANGUAGES = tuple(_SENTENCES[Wording.OUTAGE])


def tag(language: str) -> str:
    """Give a language as it can be kept; "" for what is no language tag, such as a name."""
    return language if _TAG.fullmatch(language) else ""


def sentence(wording: Wording, language: str, page: str = "") -> str:
    """Give the reason that servers refuse a login with.

    Args:
        wording: what is the matter.
        language: a BCP 47 tag; of one that has no sentence, English.
        page: where more is told; "" for nowhere.
    """
    told = _SENTENCES[wording]
    primary = language.partition("-")[0].lower()
    text = told.get(primary, told[FALLBACK])
    shown = "".join(one for one in page if "!" <= one <= "~")
    return f"{text} {shown}" if shown else text
