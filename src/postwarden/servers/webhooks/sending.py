"""Sending to an address that was looked at."""

import socket
from collections.abc import Mapping

import httpx

from postwarden.hooks.service import NotTaken
from postwarden.servers.http import fetch
from postwarden.servers.webhooks.places import outside

_SECONDS = 10
_MOST = 1 << 16
_GONE = 410
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


class HttpSender:
    """Sends by HTTP; whoever answers with success within ten seconds has taken it."""

    def __init__(self, *, internal: bool, seconds: float = _SECONDS) -> None:
        """Say what may be reached.

        Args:
            internal: also addresses that are not of the whole internet.
            seconds: for the whole answer.
        """
        self._internal = internal
        self._seconds = seconds

    def send(self, url: str, headers: Mapping[str, str], told: bytes) -> None:
        """See `Sender`."""
        try:
            fetch(
                "POST",
                url,
                seconds=self._seconds,
                most=_MOST,
                content=told,
                headers=headers,
                address=self._address(httpx.URL(url)),
            )
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            raise NotTaken(f"answered with status {status}", gone=status == _GONE) from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # names that are none, too
            raise NotTaken(str(error) or type(error).__name__) from error

    def _address(self, url: httpx.URL) -> str:
        """Give the address that a URL leads to, the first one that may be reached; raise `NotTaken`."""
        host, port = url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NotTaken(f"{host}: is not found") from error
        for *_, place in found:
            address = str(place[0])
            if self._internal or outside(address):
                return address
        raise NotTaken(f"{host}: lies inside a network; [webhooks] internal = true allows that")
