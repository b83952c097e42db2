"""Reading copies out of quarantine, with a private key of the installation."""

from collections.abc import Sequence
from hmac import compare_digest

from pyrage import DecryptError, decrypt

from postwarden.custody.errors import KeyDestroyed, ObjectChanged, ObjectMissing
from postwarden.custody.models import CaseKeyRow, ObjectRow
from postwarden.custody.quarantine.files import Files
from postwarden.custody.quarantine.identities import opened_case_key
from postwarden.custody.quarantine.values import Kept, name_of, unpacked
from postwarden.vocabulary import rfc3339


class Opened:
    """The quarantine of a case, open to who has this; it holds the private half of the case's key."""

    def __init__(self, files: Files, case: str, identities: Sequence[str]) -> None:
        """Open it.

        Args:
            files: of the installation.
            case: reference that the objects were put under.
            identities: "AGE-SECRET-KEY-1…" of the installation, any of which may fit.

        Raises:
            ObjectMissing: nothing was ever kept for the case.
            KeyDestroyed: the key of the case is gone.
            WrongIdentity: none of the identities opens it.
        """
        row = CaseKeyRow.objects.filter(case=case).first()
        if row is None:
            raise ObjectMissing(f"case {case} has nothing in quarantine")
        if row.wrapped is None or row.naming is None:
            at = "" if row.destroyed is None else f" at {rfc3339(row.destroyed)}"
            raise KeyDestroyed(f"case {case}: the key of its quarantine was destroyed{at}")
        self._files, self._case = files, case
        self._naming = bytes(row.naming)
        self._identity = opened_case_key(bytes(row.wrapped), identities)

    def read(self, name: str) -> Kept:
        """Give a copy with all that was removed with it.

        Raises:
            ObjectMissing: there is no such object (any more).
            ObjectChanged: what lies there is not what was kept under this name.
            OSError: it cannot be read.
        """
        try:
            data = self._files.read(self._case, name)
        except FileNotFoundError:
            raise ObjectMissing(self._missing(name)) from None
        try:
            plain = decrypt(data, [self._identity])
        except DecryptError as error:
            raise ObjectChanged(f"object {name}: is not as it was kept ({error})") from None
        if not compare_digest(name_of(plain, self._naming), name):
            raise ObjectChanged(f"object {name}: holds something else than was kept")
        return unpacked(plain)

    def _missing(self, name: str) -> str:
        row = ObjectRow.objects.filter(pk=name, key=self._case).first()
        if row is None:
            return f"object {name}: nothing of that name was kept for case {self._case}"
        if row.gone is not None:
            return f"object {name}: was removed at {rfc3339(row.gone)} ({row.how})"
        return f"object {name}: its file is lost; `postwarden verify` names all such files"
