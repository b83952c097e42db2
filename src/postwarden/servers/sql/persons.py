"""People behind accounts, from a database."""

from collections.abc import Collection, Mapping

from sqlalchemy import RowMapping, text
from sqlalchemy.exc import SQLAlchemyError

from postwarden.people.service import PeopleSettings, Person
from postwarden.servers.sql.faults import fault
from postwarden.servers.sql.server import answer_of, engine_of, text_of, url_of
from postwarden.sources.service import PermanentSourceError


class SqlPersons:
    """`Persons` of one query with `:account`; each account is asked for alone, by name."""

    def __init__(self, settings: PeopleSettings) -> None:
        self._settings = settings

    def of(self, accounts: Collection[str]) -> Mapping[str, Person]:
        """Give who is behind these accounts; of several rows the first one counts."""
        url = url_of(self._settings.url)
        statement = text(self._settings.query or "")
        found: dict[str, Person] = {}
        try:
            with engine_of(url) as engine:
                for account in sorted(accounts):
                    with (
                        engine.connect() as connection,
                        answer_of(connection, url, statement, {"account": account}) as answer,
                    ):
                        row = answer.mappings().first()
                    if row is not None:
                        found[account] = self._person(account, row)
        except SQLAlchemyError as error:
            raise fault(error, url, 0) from error
        return found

    def _person(self, account: str, row: RowMapping) -> Person:
        facts = []
        for column in self._settings.columns[1:]:
            if column not in row:
                raise PermanentSourceError(
                    f"the query of [people] gives no column {column!r}; name it in the SELECT, or"
                    " say in columns what it is called"
                )
            facts.append(text_of(row[column]))
        return Person(account, *facts)
