"""The key of each case as the state has it."""

from os import urandom

from django.db import connection, transaction
from pyrage import x25519

from postwarden.custody.errors import BadRecipient, KeyDestroyed
from postwarden.custody.models import CaseKeyRow
from postwarden.custody.quarantine.identities import new_case_key
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.ledger.service import Entry, Ledger
from postwarden.people.service import ITSELF
from postwarden.vocabulary import Moment, said

KEY_MADE = "quarantine.key-made"


class PublicKey:
    """What keeping needs of a case's key.

    Attributes:
        public: whom objects are encrypted to.
        naming: the key of their names.
    """

    def __init__(self, row: CaseKeyRow) -> None:
        """Read it; raise `KeyDestroyed`."""
        if row.naming is None:
            raise KeyDestroyed(
                said(
                    "case {case}: the key of its quarantine was destroyed; nothing is kept for it"
                    " any more",
                    case=row.case,
                )
            )
        self.public = x25519.Recipient.from_str(row.public)
        self.naming = bytes(row.naming)


def key_for(case: str, settings: QuarantineSettings, ledger: Ledger, now: Moment) -> PublicKey:
    """Give the key of a case, made with its entry in the ledger where there is none.

    Promise: of several at once all get the same one.

    Raises:
        BadRecipient: there is none, and [quarantine] names nobody who could open a new one.
        KeyDestroyed: it is gone.
    """
    row = CaseKeyRow.objects.filter(case=case).first()
    return PublicKey(row if row is not None else _make(case, settings, ledger, now))


def locked(case: str) -> CaseKeyRow:
    """Give the row of a case's key in the caller's transaction, which alone has it until its end."""
    rows = CaseKeyRow.objects.filter(case=case)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.get()


def _make(case: str, settings: QuarantineSettings, ledger: Ledger, now: Moment) -> CaseKeyRow:
    if not settings.recipients:
        raise BadRecipient(
            said(
                "nobody could open what is put into quarantine; make a key with `postwarden"
                " quarantine key FILE`, and name it in postwarden.toml: [quarantine] recipients"
            )
        )
    public, wrapped = new_case_key(settings.recipients)
    recipients = list(settings.recipients)
    with transaction.atomic():
        row, made = CaseKeyRow.objects.get_or_create(
            case=case,
            defaults={
                "public": public,
                "recipients": " ".join(recipients),
                "wrapped": wrapped,
                "naming": urandom(32),
                "made": now,
            },
        )
        if made:
            detail = {"public": public, "recipients": recipients}
            ledger.append([Entry(KEY_MADE, ITSELF, case=case, detail=detail)], now)
    return row
