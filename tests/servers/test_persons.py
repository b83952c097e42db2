"""Who is behind an account: from a file, a database and an LDAP server."""

import sqlite3

import psycopg
import pytest
from databases import SECRET, postgresql, slapd

from postwarden.people.service import Columns, PeopleSettings, Person
from postwarden.servers.csv.persons import CsvPersons
from postwarden.servers.ldap.persons import LdapPersons
from postwarden.servers.sql.persons import SqlPersons
from postwarden.sources.service import PermanentSourceError, TemporarySourceError

EVA = Person("eva@example.net", "K17", "Eva Äon", "nl", "+31 20 555")
ASKED = ["eva@example.net", "o'neil@example.net", "nobody@example.net", "*"]
HEADING = "kind,account,person,name,language,channel\n"
QUERY = "SELECT login, person, name, language, tel AS channel FROM customers WHERE login = :account"
TABLE = "CREATE TABLE customers (login TEXT, person TEXT, name TEXT, language TEXT, tel TEXT)"
ROWS = [tuple(EVA), ("o'neil@example.net", "K18", "O'Neil", None, "")]


def csv_persons(path, **columns):
    return CsvPersons(PeopleSettings("csv", Columns(**columns), path=str(path)))


def sql_persons(url, query=QUERY):
    return SqlPersons(PeopleSettings("sql", Columns(), url=url, query=query))


def test_a_file_says_who_they_are(tmp_path):
    path = tmp_path / "people.csv"
    lines = "\ufeff" + HEADING + "x,Eva@Example.net,K17,Eva Äon,nl,+31 20 555\nx,ivy@example.net\n"
    path.write_text(lines + "x,eva@example.net,K99,other,,\n")
    assert csv_persons(path).of(ASKED) == {EVA.account: EVA}
    assert csv_persons(path).of(["ivy@example.net"])["ivy@example.net"].name == ""
    named = csv_persons(path, name="kind").of(ASKED)[EVA.account]
    assert named.name == "x"
    with pytest.raises(PermanentSourceError, match="has no column phone"):
        csv_persons(path, channel="phone").of(ASKED)


@pytest.mark.parametrize("text", [None, "", HEADING + 'x,"' + "y" * 200_000])
def test_a_file_that_cannot_be_read_is_said(tmp_path, text):
    path = tmp_path / "people.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PermanentSourceError):
        csv_persons(path).of(ASKED)


def test_a_database_says_who_they_are(tmp_path):
    with sqlite3.connect(tmp_path / "crm.sqlite") as database:
        database.execute(TABLE)
        database.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", ROWS)
    database.close()
    url = f"sqlite:///{tmp_path}/crm.sqlite"
    neil = Person("o'neil@example.net", "K18", "O'Neil", "", "")
    assert sql_persons(url).of(ASKED) == {EVA.account: EVA, neil.account: neil}
    with pytest.raises(PermanentSourceError, match="no column 'name'"):
        sql_persons(url, "SELECT person FROM customers WHERE login = :account").of(ASKED)
    with pytest.raises(PermanentSourceError):
        sql_persons(url, "DELETE FROM customers WHERE login = :account").of(ASKED)
    with pytest.raises(PermanentSourceError, match="refused"):
        sql_persons(url, "SELECT nothing FROM customers WHERE login = :account").of(ASKED)


@pytest.mark.servers
def test_postgresql_says_who_they_are():
    with postgresql() as database:
        url = f"postgresql://mail:{SECRET}@127.0.0.1:{database.port}/postgres"
        with psycopg.connect(url) as session:
            session.execute(TABLE)
            session.cursor().executemany("INSERT INTO customers VALUES (%s,%s,%s,%s,%s)", ROWS)
        assert sql_persons(url).of(ASKED)[EVA.account] == EVA


@pytest.mark.servers
def test_ldap_says_who_they_are():
    entries = """\
dn: dc=example,dc=net
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=eva,dc=example,dc=net
objectClass: inetOrgPerson
cn: Eva Äon
cn: eva
sn: Aeon
mail: eva@example.net
employeeNumber: K17
preferredLanguage: nl
telephoneNumber: +31 20 555

"""
    columns = Columns("mail", "employeenumber", "cn", "preferredLanguage", "telephoneNumber")
    with slapd(entries) as database:
        settings = PeopleSettings(
            "ldap",
            columns,
            url=f"ldap://127.0.0.1:{database.port}",
            base="dc=example,dc=net",
            query="(mail={account})",
            bind_dn="cn=reader,dc=example,dc=net",
            password=SECRET,
        )
        assert LdapPersons(settings).of(ASKED) == {EVA.account: EVA}
        patterns = {"*", "*@example.net", "x)(cn=*", "x)(|(mail=*"}
        assert LdapPersons(settings).of(patterns) == {}
    with pytest.raises(TemporarySourceError):
        LdapPersons(settings).of(ASKED)
