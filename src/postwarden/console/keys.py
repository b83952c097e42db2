"""What a browser needs to sign something with a passkey of somebody's."""

import json
from typing import NamedTuple

from fido2.utils import websafe_encode

from postwarden.people.service import Member, challenge_of, passkeys_of


class Signing(NamedTuple):
    """A request to sign.

    Attributes:
        challenge: SHA-256 of the words, base64url.
        credentials: passkeys that may sign them, as a JSON array of base64url; "[]" where there is none.
    """

    challenge: str
    credentials: str

    @classmethod
    def by(cls, words: bytes, credential: bytes) -> "Signing":
        """Ask for a signature of one passkey."""
        return cls(challenge_of(words), json.dumps([websafe_encode(credential)]))

    @property
    def possible(self) -> bool:
        """There is a passkey to sign with."""
        return self.credentials != "[]"


def signing(who: Member, words: bytes, host: str) -> Signing:
    """Give what somebody's browser needs to sign these words on a host."""
    keys = [key.public for key in who.keys if key.revoked_at is None]
    return Signing(challenge_of(words), json.dumps(passkeys_of(keys, host.partition(":")[0])))
