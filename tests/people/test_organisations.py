"""[[organisations]] and [people] of postwarden.toml."""

import pytest

from postwarden.configuration import ConfigurationError, load
from postwarden.people.service import Columns

PROVIDER = """
[provider]
name = "Example Mail & Co."
domains = ["example.net", "brand.test"]
[[stores]]
name = "main"
driver = "maildir"
path = "mail/{local}"
[[directories]]
accounts = { format = "csv", path = "accounts.csv" }
"""
HOME = """
[[organisations]]
name = "home"
full_name = "Example Mail"
domains = ["example.net"]
"""
BRAND = """
[[organisations]]
name = "brand"
full_name = "Brand Mail"
domains = ["Brand.Test"]
brands = ["Brandy"]
languages = ["nl", "en"]
helpdesk = "+31 20 555"
page = "https://brand.test/status"
authority = "Autoriteit Persoonsgegevens"
"""
PEOPLE = """
[people]
format = "sql"
url = "sqlite:///crm.sqlite"
query = "SELECT * FROM customers WHERE login = :account"
columns = { channel = "phone" }
"""


def loaded(tmp_path, text):
    file = tmp_path / "postwarden.toml"
    file.write_text(PROVIDER + text)
    return load(str(file))


def test_without_any_the_provider_is_the_one_organisation(tmp_path):
    (only,) = loaded(tmp_path, "").organisations.every
    assert (only.name, only.full_name) == ("example-mail-co", "Example Mail & Co.")
    assert only.domains == ("example.net", "brand.test")


def test_an_account_s_organisation_is_found_by_its_domain(tmp_path):
    found = loaded(tmp_path, HOME + BRAND).organisations
    brand = found.of("Eva@BRAND.test")
    assert (brand.name, brand.brands, brand.languages) == ("brand", ("Brandy",), ("nl", "en"))
    assert (brand.helpdesk, brand.page) == ("+31 20 555", "https://brand.test/status")
    assert found.of("eva@example.net").name == "home"
    assert found.of("eva").name == found.of("x@elsewhere.test").name == "home"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HOME, "write brand.test into the domains of exactly one"),
        (HOME + BRAND + HOME.replace("home", "third"), "write example.net into"),
        (HOME + BRAND + BRAND, "name of its own"),
        (HOME.replace("home", "Home Mail") + BRAND, "write a short name"),
        (HOME.replace('"Example Mail"', '" "') + BRAND, "write something here"),
    ],
)
def test_faults_say_what_to_write(tmp_path, text, told):
    with pytest.raises(ConfigurationError, match=told):
        loaded(tmp_path, text)


def test_where_people_are_looked_up(tmp_path):
    people = loaded(tmp_path, PEOPLE).people
    assert people.url == f"sqlite:///{tmp_path}/crm.sqlite"
    assert people.columns == Columns(channel="phone")
    assert loaded(tmp_path, "").people is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('format = "csv"', "write path"),
        ('format = "sql"\nurl = "sqlite:///x"\nquery = "SELECT 1"', ":account"),
        ('format = "ldap"\nurl = "ldap://x"\nquery = "(mail=*)"', "{account}"),
    ],
)
def test_a_source_of_people_is_complete(tmp_path, text, told):
    with pytest.raises(ConfigurationError, match=told):
        loaded(tmp_path, f"[people]\n{text}\n")
