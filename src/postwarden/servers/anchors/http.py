"""A tree-head keeper that speaks HTTP: POST appends a note, GET gives all of them as plain text."""

from collections.abc import Mapping

import httpx

from postwarden.ledger.service import AnchorError, notes_in
from postwarden.servers.http import fetch

_SECONDS = 10
_MOST = 64 << 20


class HttpAnchor:
    """One URL; a redirect is not followed."""

    def __init__(self, url: str, seconds: float = _SECONDS) -> None:
        """Name the URL, and how long an answer may take as a whole."""
        self._url = url
        self._seconds = seconds

    @property
    def name(self) -> str:
        """The URL."""
        return self._url

    def write(self, note: str) -> None:
        """Send a note; anything but a success leaves open whether it is kept."""
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        self._fetched("POST", note.encode(), headers)

    def read(self) -> list[str]:
        """Ask for all notes, at most 64 MiB of them."""
        return notes_in(self._fetched("GET").decode("utf-8", "replace"))

    def _fetched(
        self, method: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        try:
            return fetch(
                method,
                self._url,
                seconds=self._seconds,
                most=_MOST,
                content=content,
                headers=headers,
            )
        except httpx.HTTPError as error:
            raise AnchorError(f"{self._url}: {error}") from error
