"""docs/security.md against the program: its limits, its algorithms, and that nothing weaker is used."""

import ast
import re
from functools import cache
from pathlib import Path

from allauth.account import app_settings as account
from allauth.mfa import app_settings as mfa
from django.conf import global_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from postwarden import vouching
from postwarden.api import shapes
from postwarden.configuration import schema
from postwarden.console import case_forms, forms, lasting
from postwarden.console.oidc.tokens import ALGORITHMS
from postwarden.console.pages import preflight
from postwarden.console.settings import SHORTEST, settings
from postwarden.custody import rules as custody
from postwarden.people import invitations, tokens

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/security.md").read_text()
SOURCE = ROOT / "src" / "postwarden"
HOUR = 3_600_000_000
LIBRARIES = {"cryptography", "hashlib", "pyrage", "fido2", "jwt", "rfc3161_client", "hmac", "ssl"}
"""What encrypts, signs and hashes: nothing of that is written here."""
CIPHERS = {"AESGCM", "AESSIV"}
"""Both refuse what was changed (AEAD)."""
HASHES = {"sha256", "sha512"}
SHORT_NAMES = {"blake2b"}
SIGNATURES = {"Ed25519PrivateKey", "Ed25519PublicKey"}


def table(title):
    """Give the rows of a section's first table, by its first column."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:2] == "| "]
    return {row[0].strip("`"): row[1:] for row in rows[2:]}


def section(title):
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_tries_are_limited_as_the_page_says():
    told = {name: row[0].strip("`") for name, row in table("Tries").items()}
    assert told == {name: account.RATE_LIMITS[name] for name in told}
    assert {"login", "login_failed", "reauthenticate", "change_password"} <= told.keys()


def test_sessions_last_as_the_page_says(tmp_path):
    told = [int(row[0]) for row in table("Sessions").values()]
    made = settings(str(tmp_path), secure=True)
    again = made["ACCOUNT_REAUTHENTICATION_TIMEOUT"]
    assert told == [lasting.LONGEST, lasting.IDLE, again]
    assert made["SESSION_COOKIE_AGE"] == lasting.LONGEST


def test_ways_in_are_those_of_the_page(tmp_path):
    made = settings(str(tmp_path), secure=True)
    assert made["AUTHENTICATION_BACKENDS"] == [
        "allauth.account.auth_backends.AuthenticationBackend"
    ]
    assert made["MFA_SUPPORTED_TYPES"] == ["totp", "webauthn", "recovery_codes"]
    assert not account.LOGIN_BY_CODE_ENABLED
    assert not mfa.TRUST_ENABLED
    ways = table("Ways in")
    assert len(ways) == 5
    assert f"{invitations.LASTING // HOUR} hours" in ways["one-time link"][1]
    days = tokens.LONGEST // (24 * HOUR)
    assert f"after {days} days" in section("Ways in")


def test_passwords_are_asked_for_as_the_page_says(tmp_path):
    assert f"Of {SHORTEST} characters" in section("Passwords")
    asked = settings(str(tmp_path), secure=True)["AUTH_PASSWORD_VALIDATORS"]
    kinds = [one["NAME"].rpartition(".")[2] for one in asked]
    assert kinds == [
        "MinimumLengthValidator",
        "NoNamesOfHere",
        "CommonPasswordValidator",
        "UserAttributeSimilarityValidator",
    ]


def test_what_may_be_sent_is_as_large_as_the_page_says():
    told = [row[0] for row in table("What may be sent").values()]
    assert told == [
        f"{forms._LINE} characters",
        f"{forms._TEXT:,} characters",
        f"{case_forms._ACCOUNT} characters",
        f"{global_settings.DATA_UPLOAD_MAX_MEMORY_SIZE / (1 << 20)} MB",
        f"{preflight._LARGEST >> 20} MB",
        f"{preflight._PASTED >> 20} MB",
    ]
    most = [shapes.Line, shapes.Words, shapes.Name]
    limits = [one.__metadata__[-1].metadata[-1].max_length for one in most]
    assert limits == [forms._LINE, forms._TEXT, case_forms._ACCOUNT]
    assert custody.LONGEST == 24 * HOUR
    assert f"{vouching.LARGEST:,} entries" in PAGE


@cache
def trees():
    """Give the modules that have a word of the libraries."""
    texts = [(one.relative_to(SOURCE), one.read_text()) for one in SOURCE.rglob("*.py")]
    words = re.compile(rf"\b(?:{'|'.join(LIBRARIES)})\b")
    return [(place, ast.parse(text)) for place, text in texts if words.search(text)]


def used():
    """Give what of the libraries is used by name: (library, name)."""
    found = set()
    for place, tree in trees():
        if place.parts[0] == "drills":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                library = node.module.partition(".")[0]
                found |= {(library, one.name) for one in node.names if library in LIBRARIES}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found |= {(node.value.id, node.attr)} if node.value.id in LIBRARIES else set()
    return found


def test_nothing_but_the_algorithms_of_the_page_is_used():
    of = {}
    for library, name in used():
        of.setdefault(library, set()).add(name)
    harmless = {"InvalidSignature", "InvalidTag", "Certificate", "load_pem_x509_certificates"}
    assert of["cryptography"] - harmless <= CIPHERS | SIGNATURES
    assert of["hashlib"] - {"file_digest", "new"} == HASHES | SHORT_NAMES
    assert of["hmac"] == {"compare_digest", "digest", "new"}
    told = set(re.findall(r"^\| `?(\w+)", section("Keys and algorithms"), re.MULTILINE))
    ours = CIPHERS | HASHES | SHORT_NAMES | {"Ed25519", "x25519", "HMAC", "PBKDF2"}
    listed = told | set(re.findall(r"`(\w+)`", section("Keys and algorithms")))
    assert ours <= listed, ours - listed
    assert "x25519" in {name for _, name in used()}


def test_what_is_signed_or_compared_has_at_least_256_bits_of_hash():
    macs = {
        ast.unparse(node.args[2]).strip("'")
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and len(node.args) == 3
        if ast.unparse(node.func) in ("hmac.digest", "digest", "hmac")
    }
    assert macs == {"sha256"}
    named = [
        (str(place), ast.unparse(node.args[-1 if "file" in ast.unparse(node.func) else 0]))
        for place, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("hashlib.new", "hashlib.file_digest")
    ]
    check = ("ledger/check.py", "algorithm.decode()")  # it refuses all but these two before
    assert [one for one in named if one != check and one[1] != "'sha256'"] == []
    assert not [one for one in ALGORITHMS if one.startswith("HS") or one == "none"]


def test_passwords_are_hashed_slowly(tmp_path):
    assert "PASSWORD_HASHERS" not in settings(str(tmp_path), secure=True)
    first = global_settings.PASSWORD_HASHERS[0].rpartition(".")[2]
    assert first == PBKDF2PasswordHasher.__name__
    assert PBKDF2PasswordHasher.iterations >= 600_000  # OWASP's least for SHA-256
    assert f"PBKDF2 with SHA-256, {PBKDF2PasswordHasher.iterations:,} rounds" in PAGE


def test_whom_it_talks_to_is_named_by_settings_that_there_are():
    document = schema()
    named = re.findall(r"`([a-z_]+)(?:\.([a-z_]+))?`", section("Whom it talks to"))
    assert len(named) >= 8
    for first, second in named:
        assert first in document["properties"], first
        if second:
            kind = document["properties"][first]
            name = re.search(r"#/\$defs/(\w+)", str(kind))[1]
            assert second in document["$defs"][name]["properties"], (first, second)
