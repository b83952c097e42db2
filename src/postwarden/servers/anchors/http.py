"""A tree-head keeper that speaks HTTP: POST appends a note, GET gives all of them as plain text."""

import httpx

from postwarden.ledger.service import AnchorError, notes_in

_SECONDS = 10
_MOST = 64 << 20


class HttpAnchor:
    """One URL; a redirect is not followed."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def name(self) -> str:
        """The URL."""
        return self._url

    def write(self, note: str) -> None:
        """Send a note; anything but a success leaves open whether it is kept."""
        try:
            httpx.post(
                self._url,
                content=note.encode(),
                headers={"Content-Type": "text/plain; charset=utf-8"},
                timeout=_SECONDS,
            ).raise_for_status()
        except httpx.HTTPError as error:
            raise AnchorError(f"{self._url}: {error}") from error

    def read(self) -> list[str]:
        """Ask for all notes, at most 64 MiB of them."""
        kept = bytearray()
        try:
            with httpx.stream("GET", self._url, timeout=_SECONDS) as response:
                response.raise_for_status()
                for piece in response.iter_bytes():
                    kept += piece
                    if len(kept) > _MOST:
                        raise AnchorError(f"{self._url}: gives more than {_MOST} bytes")
        except httpx.HTTPError as error:
            raise AnchorError(f"{self._url}: {error}") from error
        return notes_in(kept.decode("utf-8", "replace"))
