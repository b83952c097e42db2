"""Sending to an address that was looked at."""

import ipaddress
import socket
from collections.abc import Mapping

import httpx

from postwarden.hooks.service import NotTaken
from postwarden.servers.http import fetch

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
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotTaken(str(error) or type(error).__name__) from error

    def _address(self, url: httpx.URL) -> str:
        """Give the address that a URL leads to, the first one that may be reached; raise `NotTaken`."""
        port = url.port or _PORTS[url.scheme]
        try:
            found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NotTaken(f"{url.host}: is not found") from error
        for *_, place in found:
            address = str(place[0])
            if self._internal or ipaddress.ip_address(address.partition("%")[0]).is_global:
                return address
        raise NotTaken(f"{url.host}: lies inside a network; [webhooks] internal = true allows that")
