"""HTTP with one limit for the whole answer.

httpx limits each part of an answer: who sends one byte now and then would keep a caller for ever.
"""

import asyncio
import os
from collections.abc import Mapping
from ssl import SSLError

import httpx


def fetch(
    method: str,
    url: str,
    *,
    seconds: float,
    most: int,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    address: str | None = None,
) -> bytes:
    """Give the body of an answer with success; redirects are not followed.

    Args:
        method: such as "POST".
        url: with http or https.
        seconds: from the call to the answer's last byte.
        most: bytes that an answer may have.
        content: of the request.
        headers: likewise.
        address: connected to in place of where the URL's name leads; certificates are still those of the
            name, and no proxy is used.

    Raises:
        httpx.HTTPStatusError: the answer says that it was no success.
        httpx.HTTPError: there was no whole answer in time, or it is too long; what was sent may have
            been taken or not.
    """
    request = httpx.Request(method, url, content=content, headers=headers)
    if address is not None:
        request.extensions["sni_hostname"] = request.url.raw_host.decode("ascii")
        request.url = request.url.copy_with(host=address)  # after `Host` was made of its name
    try:
        return asyncio.run(_fetched(request, seconds, most, proxies=address is None))
    except TimeoutError as error:
        raise httpx.ReadTimeout(f"no whole answer within {seconds:g} s") from error
    except httpx.ConnectError as error:
        raise httpx.ConnectError(_why(error)) from error


async def _fetched(request: httpx.Request, seconds: float, most: int, *, proxies: bool) -> bytes:
    kept = bytearray()
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(timeout=seconds, trust_env=proxies) as client,
    ):
        response = await client.send(request, stream=True)
        try:
            response.raise_for_status()
            async for piece in response.aiter_bytes():
                kept += piece
                if len(kept) > most:
                    raise httpx.HTTPError(f"gives more than {most} bytes")
        finally:
            await response.aclose()
    return bytes(kept)


def _why(error: BaseException) -> str:
    """Give the system's own words for a failure; else those of the error itself."""
    cause: BaseException | None = error
    while cause is not None:
        if (
            isinstance(cause, OSError)
            and not isinstance(cause, SSLError)
            and (cause.errno or 0) > 0
        ):
            return os.strerror(cause.errno or 0)
        cause = cause.__cause__ or cause.__context__
    return str(error)
