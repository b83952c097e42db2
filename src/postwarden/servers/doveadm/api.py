"""doveadm's HTTP API (Dovecot's documentation, "Doveadm HTTP API")."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from postwarden.servers.doveadm.stream import BrokenAnswerError, first_and_objects
from postwarden.sources.service import (
    AmbiguousSourceError,
    PermanentSourceError,
    StoreSettings,
    TemporarySourceError,
)

_NO_USER = 67
_TEMPORARY = 75


def api_accounts(store: StoreSettings, seconds: float) -> Iterator[str]:
    """Give every account that the user database lists."""
    request = ["user", {"userMask": ["*"]}, "t"]
    for answer in _answers(store, request, f"store {store.name}", seconds):
        yield from (str(account) for account in answer.get("userList", ()))


def api_messages(
    store: StoreSettings, account: str, fields: Sequence[str], seconds: float
) -> Iterator[Mapping[str, str]]:
    """Give the fields of every message of an account."""
    request = ["fetch", {"user": account, "field": list(fields), "query": ["ALL"]}, "t"]
    yield from _answers(store, request, account, seconds)


def _answers(
    store: StoreSettings, request: list[Any], subject: str, seconds: float
) -> Iterator[dict[str, Any]]:
    some = False
    try:
        with _response(store, request, seconds) as chunks:
            before, objects = first_and_objects(chunks)
            if '"doveadmResponse"' not in before:
                _refuse(subject, next(objects, {}))
            for one in objects:
                yield one
                some = True
    except (httpx.TransportError, BrokenAnswerError) as error:
        if some:
            raise AmbiguousSourceError(f"{subject}: doveadm stopped answering: {error}") from error
        raise TemporarySourceError(f"{subject}: doveadm did not answer: {error}") from error


@contextmanager
def _response(store: StoreSettings, request: list[Any], seconds: float) -> Iterator[Iterator[str]]:
    if store.api_key == "":
        raise PermanentSourceError(f"store {store.name}: this process cannot read its api_key_file")
    key = base64.b64encode((store.api_key or "").encode()).decode()
    with (
        httpx.Client(timeout=seconds, trust_env=False) as client,
        client.stream(
            "POST",
            store.url or "",
            json=[request],
            headers={"Authorization": f"X-Dovecot-API {key}"},
        ) as response,
    ):
        if response.status_code in (401, 403):
            raise PermanentSourceError(f"store {store.name}: doveadm refused the key (api_key)")
        if response.status_code != 200:
            raise PermanentSourceError(
                f"store {store.name}: {store.url} answers with status {response.status_code}"
            )
        yield response.iter_text()


def _refuse(subject: str, told: dict[str, Any]) -> None:
    code = told.get("exitCode")
    if code == _NO_USER:
        raise PermanentSourceError(f"{subject}: doveadm knows no such account")
    if code == _TEMPORARY:
        raise TemporarySourceError(f"{subject}: doveadm failed for now")
    raise PermanentSourceError(f"{subject}: doveadm refused ({told.get('type')}, {code})")
