"""Several commands in one request of doveadm's HTTP API, and their answers.

PostwardenError
└── DoveadmError
    ├── DoveadmUnreachable   it could not be connected to: nothing was asked (temporary)
    ├── DoveadmRefused       it takes no request of ours, as with a wrong key: nothing was done (permanent)
    └── DoveadmUnanswered    it was asked, and gave no whole answer: it may have done so, or may do so yet

A command that fails is an answer, too (`Failure`).
"""

import base64
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import httpx

from postwarden.vocabulary import PostwardenError

NO_KEY = "this process cannot read the key (api_key_file), nothing was asked; the worker can"
_LONGEST = 64 * 1024 * 1024  # bytes of an answer: `who` of a hundred thousand accounts
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)


class DoveadmError(PostwardenError):
    """Dovecot did not answer as it should."""


class DoveadmUnreachable(DoveadmError):
    """It could not be connected to; nothing was asked."""


class DoveadmRefused(DoveadmError):
    """It refuses requests as such, whatever they ask; nothing was done."""


class DoveadmUnanswered(DoveadmError):
    """It was asked and gave no whole answer; what was asked may have been done, or may be yet."""


class Failure(NamedTuple):
    """A command that failed: its kind, such as "exitCode", and its code."""

    kind: str
    code: int


Answer = list[dict[str, str]] | Failure
Asked = tuple[str, Mapping[str, Any]]


class Doveadm:
    """One Dovecot's API."""

    def __init__(self, url: str, api_key: str, seconds: float) -> None:
        self._held = bool(api_key)
        key = base64.b64encode(api_key.encode()).decode()
        self._url = url
        self._headers = {"Authorization": f"X-Dovecot-API {key}"}
        self._seconds = seconds
        # The context is slow to make, and httpx makes one for each client that is given none.
        self._context = ssl.create_default_context() if url.startswith("https:") else False

    def ask(self, commands: Sequence[Asked]) -> list[Answer]:
        """Give the answer to each command, in order; raise `DoveadmError` where one is missing."""
        request = [[name, dict(given), str(at)] for at, (name, given) in enumerate(commands)]
        if not request:
            return []
        return answers(self._sent("POST", request), len(commands))

    def commands(self) -> frozenset[str]:
        """Give the names of the commands that this Dovecot has; raise `DoveadmError`."""
        text = self._sent("GET")
        try:
            return frozenset(str(one["command"]) for one in json.loads(text))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise _senseless(text) from error

    def _sent(self, method: str, request: Sequence[object] | None = None) -> str:
        if not self._held:
            raise DoveadmRefused(f"{self._url}: {NO_KEY}")
        try:
            return self._exchanged(method, request).decode("utf-8", "replace")
        except _NOT_SENT as error:
            raise DoveadmUnreachable(f"{self._url}: no answer: {error}") from error
        except httpx.HTTPError as error:
            raise DoveadmUnanswered(f"{self._url}: no answer: {error}") from error

    def _exchanged(self, method: str, request: Sequence[object] | None) -> bytes:
        """Give the body of an answer, which as a whole may take no longer than a part of it."""
        deadline = time.monotonic() + self._seconds
        content = bytearray()
        with (
            httpx.Client(timeout=self._seconds, trust_env=False, verify=self._context) as client,
            client.stream(method, self._url, json=request, headers=self._headers) as response,
        ):
            if response.status_code != httpx.codes.OK:
                kind = DoveadmRefused if response.is_client_error else DoveadmUnanswered
                raise kind(f"{self._url}: answers with status {response.status_code}")
            for piece in response.iter_bytes():
                content += piece
                if len(content) > _LONGEST:
                    raise DoveadmUnanswered(f"{self._url}: answers with more than {_LONGEST} bytes")
                if time.monotonic() > deadline:
                    raise DoveadmUnanswered(
                        f"{self._url}: no whole answer within {self._seconds:g} s"
                    )
        return bytes(content)


def answers(text: str, count: int) -> list[Answer]:
    """Read the answers to commands with the tags "0", "1" and so on.

    Dovecot 2.3 writes `["doveadmResponse",[{first}],{second},…,TAG]` where `who` has several rows.

    Raises:
        DoveadmUnanswered: the text is not of that kind, or not an answer to each.
    """
    found: dict[str, Answer] = {}
    try:
        for kind, *middle, tag in json.loads(text):
            found[tag] = _failure(middle) if kind == "error" else _rows(middle)
        return [found[str(at)] for at in range(count)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _senseless(text) from error


def _senseless(text: str) -> DoveadmUnanswered:
    return DoveadmUnanswered(f"doveadm's answer of {len(text)} characters cannot be understood")


def _failure(middle: Sequence[Any]) -> Failure:
    (told,) = middle
    return Failure(str(told.get("type")), int(told.get("exitCode", 0)))


def _rows(middle: Sequence[Any]) -> list[dict[str, str]]:
    return [
        {str(key): str(value) for key, value in row.items()}
        for one in middle
        for row in (one if isinstance(one, list) else [one])
    ]
