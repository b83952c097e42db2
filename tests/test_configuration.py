"""postwarden.toml: what others script against loads as it is; every fault names file, key, remedy."""

import os
import tomllib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postwarden.configuration import ConfigurationError, load, schema

FIXED = """\
[provider]
name = "Example Mail"
domains = ["example.net"]
hosts = ["mx1.example.net"]          # own hosts, as they write themselves in Received lines and logs
recipient_delimiter = "+"
separator = "/"                      # of folder names as printed
timezone = "Europe/Amsterdam"
[[stores]]
name = "store1"
driver = "maildir"                   # or "doveadm"
path = "vmail/{domain}/{local}/Maildir"
[[directories]]                      # several where it changed, each with its time
valid_from = "2026-11-20T00:00:00+01:00"   # optional, as valid_to
accounts = { format = "dovecot-passwd", path = "directory/users" }
aliases = [                          # in the servers' order of look-up
  { format = "postfix-regexp", path = "directory/virtual.regexp" },
  { format = "postfix-virtual", path = "directory/virtual" },
  { format = "sql", url = "sqlite:///directory/accounts.sqlite", query = "SELECT address, goto FROM aliases" },
]                                    # also "csv", "aliases", "ldap"; accounts likewise
domain_aliases = { "alias.example" = "example.net" }
canonical = [{ format = "postfix-regexp", path = "directory/recipient_canonical" }]
bcc = [{ format = "postfix-virtual", path = "directory/recipient_bcc" }]
[[logs]]
format = "postfix"                   # or "journald"
path = "log/mail.log*"
host = "mx1.example.net"             # optional where the log says it
year = 2026                          # optional, for classic time stamps
[[logs]]
format = "dovecot"
path = "log/dovecot.log*"
[[logs]]
format = "dovecot-events"
path = "log/events.log*"
[evidence]
path = "evidence"                    # purpose and expiry_days have defaults; scan can set them
content_hash = true                  # body hashes, needed for `crossed`; never bodies
master_users = ["migration"]         # operators' logins: what they append is not the holder's own act
"""
SMALL = """\
[provider]
name = "Example Mail"
domains = ["example.net"]
[[stores]]
name = "store1"
driver = "maildir"
path = "vmail/{account}"
[[directories]]
accounts = { format = "dovecot-passwd", path = "users" }
"""


@pytest.fixture
def read(tmp_path):
    def _read(text):
        file = tmp_path / "postwarden.toml"
        file.write_text(text)
        return load(str(file))

    return _read


@pytest.fixture
def fault(read, tmp_path):
    def _fault(text):
        with pytest.raises(ConfigurationError) as caught:
            read(text)
        lines = str(caught.value).splitlines()
        assert all(line.startswith(f"{tmp_path}/postwarden.toml: ") for line in lines)
        return [line.removeprefix(f"{tmp_path}/postwarden.toml: ") for line in lines]

    return _fault


def test_what_others_script_against_loads_as_it_is(read, tmp_path):
    found = read(FIXED)
    assert found.base == str(tmp_path)
    assert found.home_domain == "example.net"
    assert found.provider.hosts == {"mx1.example.net"}
    assert found.stores[0].path == f"{tmp_path}/vmail/{{domain}}/{{local}}/Maildir"
    directory = found.directories[0]
    began = datetime(2026, 11, 19, 23, tzinfo=UTC)
    assert directory.valid_from == int(began.timestamp()) * 1_000_000
    assert directory.valid_to is None
    assert [table.format for table in directory.accounts] == ["dovecot-passwd"]
    assert [t.format for t in directory.aliases] == ["postfix-regexp", "postfix-virtual", "sql"]
    assert directory.aliases[2].url == f"sqlite:///{tmp_path}/directory/accounts.sqlite"
    assert directory.domain_aliases == (("alias.example", "example.net"),)
    assert [log.format for log in found.logs] == ["postfix", "dovecot", "dovecot-events"]
    assert found.logs[0].path == f"{tmp_path}/log/mail.log*"
    assert found.logs[0].year == 2026
    assert found.evidence.path == f"{tmp_path}/evidence"
    assert found.evidence.content_hash
    assert found.evidence.master_users == {"migration"}


def test_every_key_that_is_fixed_is_described():
    kinds = schema()["$defs"]
    described = {key for kind in kinds.values() for key in kind["properties"]}
    document = tomllib.loads(FIXED)
    document |= {f"stores {key}": 1 for key in document["stores"][0]}
    for part in (document["provider"], *document["stores"], *document["directories"]):
        assert set(part) <= described
    for part in (*document["logs"], document["evidence"]):
        assert set(part) <= described
    for kind in kinds.values():
        for name, key in kind["properties"].items():
            assert key.get("description", "").endswith((".", "…")), name


def test_paths_are_relative_to_the_file_not_to_where_the_command_runs(read, tmp_path, monkeypatch):
    read(SMALL)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = load(os.path.join("..", "postwarden.toml"))
    assert found.stores[0].path == f"{tmp_path}/vmail/{{account}}"
    assert found.evidence.path == f"{tmp_path}/evidence"


def test_defaults(read):
    found = read(SMALL)
    assert found.provider.recipient_delimiter == "+"
    assert found.provider.separator == "/"
    assert str(found.provider.zone) == "UTC"
    assert (found.logs, found.directories[0].aliases) == ((), ())
    assert (found.evidence.expiry_days, found.evidence.content_hash) == (90, False)
    assert found.evidence.purpose
    assert 1 <= found.evidence.processes <= 8
    assert found.evidence.messages_per_second is None


def test_times_may_be_written_as_toml_times(read):
    times = 'valid_from = 2026-11-20T00:00:00+01:00\nvalid_to = "2026-11-21T00:00:00Z"\n'
    directory = read(SMALL + times).directories[0]
    assert directory.valid_to - directory.valid_from == 25 * 3600 * 1_000_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SMALL.replace('name = "Example Mail"\n', ""), "provider.name: is missing; add it"),
        (SMALL.replace("domains", "domain"), "provider.domains: is missing; add it"),
        (SMALL.replace('["example.net"]', "[]"), "provider.domains: "),
        (SMALL.replace('["example.net"]', '"example.net"'), "provider.domains: "),
        (SMALL.replace('"Example Mail"', '" "'), "provider.name: write something here"),
        (SMALL.replace('"maildir"', '"mbox"'), "stores[1].driver: "),
        (SMALL.replace("{account}", "all"), "stores[1]: write path ="),
        (SMALL.replace('"maildir"', '"doveadm"'), 'stores[1]: write command = ["doveadm"]'),
        (SMALL.replace("dovecot-passwd", "passwd"), "directories[1].accounts[1].format: "),
        (SMALL.replace(', path = "users"', ""), "directories[1].accounts[1]: write path"),
        (SMALL.replace("dovecot-passwd", "sql"), "directories[1].accounts[1]: write url ="),
        (SMALL.replace("dovecot-passwd", "ldap"), "directories[1].accounts[1]: write url, base,"),
        (SMALL + "valid_from = 2026-11-20T00:00:00\n", "directories[1].valid_from: write a time"),
        (
            SMALL + 'valid_to = "2026-11-20"\n',
            "directories[1].valid_to: write a time with its zone",
        ),
        (SMALL + 'valid_to = "yesterday"\n', "directories[1].valid_to: "),
        (SMALL + '[[logs]]\nformat = "postfix"\n', "logs[1].path: is missing; add it"),
        (SMALL + '[[logs]]\nformat = "exim"\npath = "x"\n', "logs[1].format: "),
        (SMALL + "[evidence]\nexpiry_days = 0\n", "evidence.expiry_days: "),
        (SMALL + '[evidence]\nexpiry_days = "long"\n', "evidence.expiry_days: "),
        (SMALL + "[evidence]\ncontents_hash = true\n", "evidence.contents_hash: is not a key"),
        (SMALL + '[evidence]\npath = "."\n', "the file: evidence.path: holds mail, logs or this"),
        (
            SMALL + '[evidence]\npath = "vmail"\n',
            "the file: evidence.path: holds mail, logs or this",
        ),
        (SMALL + '[store]\nname = "x"\n', "store: is not a key Postwarden knows"),
        (
            SMALL + SMALL[SMALL.index("[[stores]]") :],
            "the file: stores: give each [[stores]] a name",
        ),
        (
            SMALL.replace("[provider]\n", '[provider]\ntimezone = "CET/Home"\n'),
            "provider.timezone: write",
        ),
        (SMALL.replace("[provider]\n", '[provider]\nseparator = "ab"\n'), "provider.separator: "),
        ("", "provider: is missing; add it"),
        ("[provider", "is not TOML: "),
    ],
)
def test_a_fault_names_file_key_and_remedy(fault, text, said):
    lines = fault(text)
    assert any(line.startswith(said) for line in lines), lines
    for line in lines:
        assert "_File" not in line
        assert "pydantic" not in line


def test_every_fault_is_told_at_once(fault):
    assert len(fault(SMALL.replace("name", "nom").replace("path", "pfad"))) >= 4


def test_a_file_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError, match=r"postwarden init.* writes one, -c FILE"):
        load(str(tmp_path / "none.toml"))


def test_a_folder_and_bytes_are_no_configuration(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(str(tmp_path))
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)))
    with pytest.raises(ConfigurationError, match="is not TOML"):
        load(str(tmp_path / "binary.toml"))


@given(st.text(max_size=40))
def test_no_name_of_a_key_escapes_as_another_error(tmp_path_factory, name):
    file = tmp_path_factory.mktemp("configuration", numbered=True) / "postwarden.toml"
    key = '"' + "".join(f"\\U{ord(c):08x}" for c in name if not "\ud800" <= c <= "\udfff") + '"'
    file.write_text(f"{SMALL}[evidence]\n{key} = 1\n")
    with pytest.raises(ConfigurationError, match=r"evidence"):
        load(str(file))


@pytest.mark.parametrize(
    ("line", "wrong", "remedy"),
    [
        ('driver = "maildir"', 'driver = "mailder"', 'write "maildir" or "doveadm", not "mailder"'),
        ('path = "vmail/{account}"', "path = 5", "write a text in quotes, not 5"),
        (
            'domains = ["example.net"]',
            'domains = ["example.net"]\nhosts = "mx1"',
            'write a list such as ["mx1"]',
        ),
        (
            'accounts = { format = "dovecot-passwd", path = "users" }',
            "accounts = [5]",
            'write a table such as { key = "value" }, not 5',
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_shown_with_what_to_write(fault, line, wrong, remedy):
    (told,) = fault(SMALL.replace(line, wrong))
    assert told.partition(": ")[2] == remedy


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("processes = 1.5", "write a whole number, not 1.5"),
        ('processes = "two"', 'write a whole number, not "two"'),
        ('content_hash = "maybe"', 'write true or false, not "maybe"'),
    ],
)
def test_numbers_and_truth_are_asked_for_in_words(fault, key, remedy):
    assert fault(f"{SMALL}[evidence]\n{key}\n") == [f"evidence.{key.split()[0]}: {remedy}"]


@pytest.mark.parametrize(
    ("anchor", "remedy"),
    [
        ("", "write one of file ="),
        ('file = "heads", url = "https://witness.example"', "write one of file ="),
        ('ssh = "heads@witness.example"', "write both ssh ="),
        ('file = "heads", tsa = "https://tsa.example"', "write tsa ="),
        ('tsa = "https://tsa.example", certificates = "tsa.pem"', "write one of file ="),
        ('file = "heads", certificates = "tsa.pem"', "write tsa ="),
    ],
)
def test_an_anchor_is_one_place_with_all_that_it_needs(fault, anchor, remedy):
    (told,) = fault(f"{SMALL}[ledger]\nanchors = [{{ {anchor} }}]\n")
    assert told.startswith(f"ledger.anchors[1]: {remedy}")
