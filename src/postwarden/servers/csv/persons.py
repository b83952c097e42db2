"""People behind accounts, from a CSV file (RFC 4180) with a heading."""

import csv
from collections.abc import Collection, Mapping

from postwarden.durable.service import open_unnoticed
from postwarden.people.service import Columns, PeopleSettings, Person
from postwarden.sources.service import PermanentSourceError
from postwarden.vocabulary import normal


class CsvPersons:
    """`Persons` of a file."""

    def __init__(self, settings: PeopleSettings) -> None:
        self._path = settings.path or ""
        self._columns = settings.columns

    def of(self, accounts: Collection[str]) -> Mapping[str, Person]:
        """Give who is behind these accounts; of several lines the first one counts."""
        found: dict[str, Person] = {}
        try:
            with open(
                self._path,
                encoding="utf-8-sig",
                errors="replace",
                newline="",
                opener=open_unnoticed,
            ) as file:
                rows = csv.DictReader(file, restval="")
                self._check(rows.fieldnames or ())
                for row in rows:
                    account = normal(row[self._columns.account])
                    if account in accounts:
                        facts = (row[name] for name in self._columns[1:])
                        found.setdefault(account, Person(account, *facts))
        except OSError as error:
            raise PermanentSourceError(
                f"{self._path}: cannot be read ({error.strerror})"
            ) from error
        except csv.Error as error:
            raise PermanentSourceError(f"{self._path}: is no CSV ({error})") from error
        return found

    def _check(self, heading: Collection[str]) -> None:
        missing = [name for name in self._columns if name not in heading]
        if missing:
            raise PermanentSourceError(
                f"{self._path}: has no column {', '.join(missing)}; say in [people] columns what"
                f" they are called (there are: {', '.join(Columns._fields)})"
            )
