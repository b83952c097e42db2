"""[relocation]: what is refused, and what is read."""

import pytest

from postwarden.configuration import ConfigurationError, load

TEXT = """
[provider]
name = "P"
domains = ["example.net"]

[[stores]]
name = "one"
driver = "doveadm"
url = "http://127.0.0.1:1/doveadm/v1"

[[directories]]
accounts = { format = "csv", path = "accounts.csv" }

[[relocation.backends]]
name = "b1"
stores = ["one"]
url = "http://127.0.0.1:1/doveadm/v1"
api_key = "k"
imap = "imap://127.0.0.1"
account = "Staging@Example.net"
password_file = "staging.password"
"""


@pytest.fixture
def loaded(tmp_path):
    def load_text(before="", after=""):
        (tmp_path / "postwarden.toml").write_text(TEXT.replace(before, after))
        return load(str(tmp_path / "postwarden.toml")).relocation

    return load_text


def test_a_backend_is_read(loaded, tmp_path):
    settings = loaded()
    backend = settings.of_store("one")
    assert (backend.imap_host, backend.imap_port, backend.imap_tls) == ("127.0.0.1", 143, False)
    assert backend.account == "staging@example.net"
    assert backend.password_file == str(tmp_path / "staging.password")
    assert settings.of_store("two") is None


def test_imaps_has_a_port_of_its_own(loaded):
    backend = loaded("imap://127.0.0.1", "imaps://mail.example.net").of_store("one")
    assert (backend.imap_host, backend.imap_port, backend.imap_tls) == (
        "mail.example.net",
        993,
        True,
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("imap://127.0.0.1", "imap://mail.example.net", "takes TLS"),
        ("imap://127.0.0.1", "127.0.0.1:143", "write a place"),
        ("imap://127.0.0.1", "imap://127.0.0.1:x", "write a place"),
        ("imap://127.0.0.1", "imap://127.0.0.1/INBOX", "write a place"),
        ('stores = ["one"]', 'stores = ["two"]', "no .*named 'two'"),
        ('stores = ["one"]', 'stores = ["one", "one"]', "served twice"),
        ('stores = ["one"]', "stores = []", "stores"),
    ],
)
def test_what_cannot_work_is_refused(loaded, before, after, told):
    with pytest.raises(ConfigurationError, match=told):
        loaded(before, after)
