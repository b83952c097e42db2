"""The server, as an ASGI application (ASGI specification, "HTTP & WebSocket")."""

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from postwarden.holds.errors import ProjectionUnfit
from postwarden.holds.file import HeldAccounts
from postwarden.holds.settings import HoldSettings
from postwarden.holds.silence import is_silent
from postwarden.lines import tell
from postwarden.vocabulary import normal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_LONGEST = 65_536  # bytes of a request
_ALLOWED = {"status": 0, "msg": ""}
_REFUSED = -1
_DROP = "postwarden.drop"  # of the scope's extensions: ends the connection without an answer


def serve(settings: HoldSettings) -> None:
    """Answer until stopped by SIGTERM or SIGINT."""
    tell("started")
    uvicorn.run(
        application(settings),
        host=settings.host,
        port=settings.port,
        http=_Dropping,
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_keep_alive=300,
    )


class _Dropping(HttpToolsProtocol):
    """Uvicorn's protocol, with an end to heads of requests, and to connections without an answer."""

    _head: int | None = 0  # bytes so far of a head that has not ended

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        self.scope["extensions"] = {_DROP: {"drop": self.transport.abort}}

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > _LONGEST:  # httptools would keep any number of them
                self.transport.abort()


def application(settings: HoldSettings) -> Application:
    """Give the application.

    It answers:

    - `POST /?command=allow` with `{"login": ACCOUNT}`: status -1 and the reason where it is held; nothing
      where `postwarden doctor` wants to see what happens then.
    - `POST /?command=report`: taken note of by nobody; Dovecot's logs have it.
    - `GET /held?account=ACCOUNT`: for webmails: `{"held": true, "reason": …}`.
    """
    held = HeldAccounts(settings.path)
    expected = None if settings.key is None else f"Bearer {settings.key}".encode()

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            await _send(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {})
        elif not _may(scope, expected):
            await _send(send, HTTPStatus.UNAUTHORIZED, {})
        else:
            found = _answer(scope, body, held, settings.path)
            if found is None:
                scope["extensions"][_DROP]["drop"]()
                await receive()  # until it is gone
            else:
                await _send(send, *found)

    return answer


def _answer(
    scope: Message, body: bytes, held: HeldAccounts, folder: str
) -> tuple[HTTPStatus, object] | None:
    """Give status and document; None for no answer."""
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        if scope["method"] == "GET" and scope["path"] == "/held":
            reason = held.reason(normal(asked.get("account", [""])[0]))
            return HTTPStatus.OK, {"held": reason is not None, "reason": reason or ""}
        if scope["method"] == "POST" and asked.get("command") == ["report"]:
            return HTTPStatus.OK, _ALLOWED
        if scope["method"] == "POST" and asked.get("command") == ["allow"]:
            account = normal(_login(body))
            return None if is_silent(folder, account) else (HTTPStatus.OK, _told(account, held))
    except ProjectionUnfit:
        return HTTPStatus.SERVICE_UNAVAILABLE, {}
    except (ValueError, RecursionError):
        return HTTPStatus.BAD_REQUEST, {}
    return HTTPStatus.NOT_FOUND, {}


def _told(account: str, held: HeldAccounts) -> Mapping[str, object]:
    reason = held.reason(account)
    return _ALLOWED if reason is None else {"status": _REFUSED, "msg": reason}


def _login(body: bytes) -> str:
    match json.loads(body):
        case {"login": str(login)}:
            return login
    raise ValueError("no login")


def _may(scope: Message, expected: bytes | None) -> bool:
    if expected is None:
        return True
    given = dict(scope["headers"]).get(b"authorization", b"")
    return hmac.compare_digest(bytes(given), expected)


async def _body(receive: Receive) -> bytes | None:
    """Read a request's body; None for one that is too long."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > _LONGEST:
            return None
        if not message.get("more_body", False):
            return body


async def _send(send: Send, status: HTTPStatus, document: object) -> None:
    text = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": text})
