"""Tree heads with a time stamp of an authority (RFC 3161, over HTTP by its section 3.4), in a file.

A head is followed by a line `time-stamp BASE64 .`: the authority's whole answer, DER, over the bytes of
the signed note. `openssl ts -verify` checks it as well.
"""

import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import httpx
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from postwarden.ledger.service import AnchorError, FileAnchor, Stamp, notes_in
from postwarden.servers.http import fetch

_SECONDS = 20
_MOST = 1 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STAMPED = re.compile(r"^time-stamp ([A-Za-z0-9+/=]+) \.$", re.MULTILINE)


class StampedAnchor:
    """Asks one authority for stamps, and keeps heads with their stamps in one file."""

    def __init__(self, url: str, certificates: str, path: str, seconds: float = _SECONDS) -> None:
        """Name the authority, the PEM file of certificates that its own leads to, and the file.

        An answer of the authority may take so many seconds as a whole.
        """
        self._url = url
        self._certificates = certificates
        self._file = FileAnchor(path)
        self._seconds = seconds

    @property
    def name(self) -> str:
        """The authority and the file."""
        return f"{self._url}, {self._file.name}"

    def write(self, note: str) -> None:
        """Have a note stamped, and append both; nothing is appended without a stamp that holds."""
        request = (
            TimestampRequestBuilder()
            .data(note.encode())
            .hash_algorithm(HashAlgorithm.SHA256)
            .build()
        )
        given = self._asked(request.as_bytes())
        try:
            _moment(given, note, self._trusted(), request)
        except ValueError as error:
            raise AnchorError(
                f"{self._url}: its answer is no stamp of this head: {error}"
            ) from None
        self._file.write(f"{note}\n\ntime-stamp {b64encode(given).decode()} .\n")

    def read(self) -> list[str]:
        """Give all whole notes, with whatever stamps."""
        return self._file.read()

    def stamps(self) -> list[Stamp]:
        """Check every stamp over the head in front of it; one that a crash cut short is none."""
        text = self._file.text()
        trusted = self._trusted()
        found, start = [], 0
        for match in _STAMPED.finditer(text):
            notes = notes_in(text[start : match.start()])
            start = match.end()
            found.append(_stamp(notes[-1] if notes else "", match[1], trusted))
        return found

    def _trusted(self) -> list[Certificate]:
        try:
            with open(self._certificates, "rb") as file:
                return load_pem_x509_certificates(file.read())
        except OSError as error:
            raise AnchorError(f"{self._certificates}: {error.strerror}") from error
        except ValueError as error:
            raise AnchorError(f"{self._certificates}: holds no PEM certificate") from error

    def _asked(self, query: bytes) -> bytes:
        try:
            return fetch(
                "POST",
                self._url,
                seconds=self._seconds,
                most=_MOST,
                content=query,
                headers={"Content-Type": "application/timestamp-query"},
            )
        except httpx.HTTPError as error:
            raise AnchorError(f"{self._url}: {error}") from error


def _stamp(note: str, encoded: str, trusted: list[Certificate]) -> Stamp:
    size = note.split("\n")[1] if note else ""
    covered = int(size) if size.isdecimal() else 0
    try:
        return Stamp(covered, _moment(b64decode(encoded), note, trusted), "")
    except ValueError as error:
        return Stamp(covered, None, str(error))


def _moment(
    given: bytes, note: str, trusted: list[Certificate], request: TimeStampRequest | None = None
) -> int:
    """Give the time that an answer proves for a note, in microseconds since 1970, UTC.

    Raises:
        ValueError: it proves nothing; the text says why.
    """
    builder = VerifierBuilder() if request is None else VerifierBuilder.from_request(request)
    for certificate in dict.fromkeys(trusted):
        builder = builder.add_root_certificate(certificate)
    try:
        answer: TimeStampResponse = decode_timestamp_response(given)
        builder.build().verify_message(answer, note.encode())
    except VerificationError as error:
        raise ValueError(str(error)) from error
    return round((answer.tst_info.gen_time - _EPOCH).total_seconds() * 1_000_000)
