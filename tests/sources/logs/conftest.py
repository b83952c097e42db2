from pathlib import Path

import pytest

from postwarden.sources.logs.reading import read_set
from postwarden.sources.records import AccessRecord, DeliveryRecord
from postwarden.sources.settings import LogSettings
from postwarden.vocabulary import Provider, from_rfc3339

DATA = Path(__file__).parent / "data"
NOW = from_rfc3339("2026-11-23T00:00:00Z")
PROVIDER = Provider(
    "Example Mail",
    frozenset({"example.test"}),
    hosts=frozenset({"mx1.example.test"}),
    timezone="UTC",
)


@pytest.fixture(scope="session")
def provider():
    return PROVIDER


@pytest.fixture(scope="session")
def data():
    return DATA


@pytest.fixture(scope="session")
def read_file():
    """Reads the files of a glob as one set."""

    def read(kind, pattern, *, year=2026, host=None, provider=PROVIDER, now=NOW):
        settings = LogSettings(kind, str(pattern), host, year)
        return list(read_set(settings, provider, str(Path(pattern).parent), now=now))

    return read


@pytest.fixture(scope="session")
def read(tmp_path_factory, read_file):
    """Reads lines (or bytes) as one log file; stamps are added where `stamp` is not None."""
    path = tmp_path_factory.mktemp("lines") / "some.log"

    def read_lines(kind, lines, *, stamp="Nov 20 10:11:12 mx1 ", **options):
        if isinstance(lines, bytes):
            path.write_bytes(lines)
        else:
            text = "".join(f"{stamp or ''}{line}\n" for line in lines)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return read_file(kind, path, **options)

    return read_lines


@pytest.fixture(scope="session")
def facts():
    """Keeps only deliveries and accesses, without where they were read."""

    def keep(records):
        return [
            record._replace(file="", line=0)
            for record in records
            if isinstance(record, DeliveryRecord | AccessRecord)
        ]

    return keep


@pytest.fixture(scope="session")
def deliveries():
    """Keeps deliveries that are no queue events."""

    def keep(records):
        return [one for one in records if isinstance(one, DeliveryRecord) and one.agent]

    return keep


@pytest.fixture(scope="session")
def accesses():
    def keep(records):
        return [one for one in records if isinstance(one, AccessRecord)]

    return keep
