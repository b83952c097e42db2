import os

import pytest
from directory_world import pairs, read_table

from postwarden.sources.directory.files import MAX_LINE
from postwarden.sources.directory.reading import read_entries
from postwarden.sources.errors import AmbiguousSourceError
from postwarden.sources.settings import DirectorySettings, TableSettings


def problems(found):
    return [(one.code, one.line) for one in found]


def test_passwd_files_give_accounts(tmp_path):
    text = (
        "# u\nAlice@Example.NET:{PLAIN}x:1:1::/home::userdb_quota=1\n\nbob\n:x\nbob:again\na b:x\n"
    )
    entries, wrong = read_table(tmp_path, "dovecot-passwd", text, "accounts")
    assert pairs(entries) == [("alice@example.net", ["alice@example.net"]), ("bob", ["bob"])]
    assert [(entry.role, entry.file, entry.line) for entry in entries] == [
        ("account", "table", 2),
        ("account", "table", 4),
    ]
    assert problems(wrong) == [("broken-line", 5), ("duplicate-key", 6), ("broken-line", 7)]


def test_virtual_tables_follow_postmap(tmp_path):
    text = (
        "  stray\n# c\nA@Example.NET  B@example.net,\n # within\n\n\tc@example.net d@example.net"
        "\r\n"
        '"x y"@example.net "p, q"@example.net\n@Example.NET @other.test\nINFO alice\n'
        'a@example.net later@example.net\nnovalue\n"open x\n'
        "f@example.net Full Name <f1@example.net>, (note) f2@example.net\n"
    )
    entries, wrong = read_table(tmp_path, "postfix-virtual", text)
    assert pairs(entries) == [
        ("a@example.net", ["b@example.net", "c@example.net", "d@example.net"]),
        ('"x y"@example.net', ['"p, q"@example.net']),
        ("@example.net", ["@other.test"]),
        ("info", ["alice"]),
        ("f@example.net", ["f1@example.net", "f2@example.net"]),
    ]
    assert [entry.line for entry in entries] == [3, 7, 8, 9, 13]
    assert problems(wrong) == [
        ("broken-line", 1),
        ("duplicate-key", 10),
        ("broken-line", 11),
        ("broken-line", 12),
    ]


def test_mailbox_maps_give_accounts_by_their_key(tmp_path):
    text = "alice@example.net example.net/alice/\nb@example.net bob\n"
    entries, _ = read_table(tmp_path, "postfix-virtual", text, "accounts")
    assert pairs(entries) == [
        ("alice@example.net", ["alice@example.net"]),
        ("b@example.net", ["bob"]),
    ]


def test_aliases_follow_postalias(tmp_path):
    (tmp_path / "members").write_text(f"# list\nann@example.net, ben\n\n:include:{tmp_path}/more\n")
    (tmp_path / "more").write_text(f"cid :include:{tmp_path}/members")
    text = (
        'Root: alice,\n  bob\n"John Doe": \\john\n'
        f'list: "|/bin/x -a", /var/f, :include:{tmp_path}/members\n'
        "gone: :include:/nonexistent/list\nroot: carol\na@example.net: x\nnothing:\nno colon\n"
    )
    entries, wrong = read_table(tmp_path, "aliases", text)
    assert pairs(entries) == [
        ("root", ["alice", "bob"]),
        ("john doe", ["john"]),
        ("list", ["|/bin/x -a", "/var/f", "ann@example.net", "ben", "cid"]),
        ("gone", [":include:/nonexistent/list"]),
    ]
    assert {entry.kind for entry in entries} == {"local"}
    assert problems(wrong) == [
        ("loop", 4),
        ("unreadable-file", 5),
        ("duplicate-key", 6),
        ("broken-line", 7),
        ("broken-line", 8),
        ("broken-line", 9),
    ]


def test_expressions_keep_their_conditions(tmp_path):
    text = (
        "/^a/ x@example.net\nif /@example/\nIF !/^b/x\n|^(c)\\||i $1@example.net\nendif\n"
        "!/^d@/!/^e/ f@example.net\nendif\nendif\n/no end\n/a/q bad\n/(/ bad\n/(a)/ $2\n!/(a)/ $1\n"
        "/a/\nnonsense\nif /open/\n/x/ y\n"
    )
    entries, wrong = read_table(tmp_path, "postfix-regexp", text)
    assert pairs(entries) == [
        ("/^a/", ["x@example.net"]),
        ("if /@example/\nif !/^b/x\n|^(c)\\||i", ["$1@example.net"]),
        ("if /@example/\n!/^d@/!/^e/", ["f@example.net"]),
        ("if /open/\n/x/", ["y"]),
    ]
    broken = [8, 9, 10, 11, 12, 13, 14, 15, 16]
    assert problems(wrong) == [("broken-line", number) for number in broken]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('address,goto\na@example.net,"b@example.net, c@example.net"\n', [("a@example.net", "bc")]),
        ("goto,address\nb@example.net c@example.net,a@example.net\n", [("a@example.net", "bc")]),
        ("a@example.net,b@example.net,c@example.net\n", [("a@example.net", "bc")]),
        ("account\nA@Example.net\n", [("a@example.net", "a")]),
        ("\ufeffa@example.net\n", [("a@example.net", "a")]),
        ("id,email,active\n7,a@example.net,b@example.net\n", [("a@example.net", "7")]),
    ],
)
def test_csv_tables_with_and_without_header(tmp_path, text, expected):
    entries, wrong = read_table(tmp_path, "csv", text)
    found = [(key, "".join(value[0] for value in values)) for key, values in pairs(entries)]
    assert (found, wrong) == (expected, [])


def test_csv_rows_accumulate_and_broken_ones_are_named(tmp_path):
    text = b'a@example.net,b\nbad\xff,x\na@example.net,c\n,x\ny@example.net,\n"open'
    entries, wrong = read_table(tmp_path, "csv", text)
    assert pairs(entries) == [("a@example.net", ["b"]), ("a@example.net", ["c"])]
    assert sorted(problems(wrong)) == [
        ("broken-line", 2), ("broken-line", 4), ("broken-line", 5), ("broken-line", 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "form", ["dovecot-passwd", "postfix-virtual", "aliases", "postfix-regexp", "csv"]
)
def test_missing_and_odd_files_are_problems(tmp_path, form):
    missing = TableSettings(form, path=str(tmp_path / "missing"))
    folder = TableSettings(form, path=str(tmp_path))
    found = list(read_entries([DirectorySettings((missing, folder))], {}, str(tmp_path)))
    assert [(one.code, one.subject) for one in found] == [
        ("unreadable-file", "missing"),
        ("unreadable-file", "."),
    ]


def test_long_lines_nul_bytes_and_other_encodings_are_left_out(tmp_path):
    long = b"a@example.net " + b"b" * MAX_LINE + b"\n"
    text = long + b"nul\0@example.net x\nlatin\xe9@example.net x\nok@example.net x\n"
    entries, wrong = read_table(tmp_path, "postfix-virtual", text)
    assert [(entry.key, entry.line) for entry in entries] == [("ok@example.net", 4)]
    assert problems(wrong) == [("broken-line", 1), ("broken-line", 2), ("broken-line", 3)]


def test_reading_leaves_no_trace(tmp_path):
    path = tmp_path / "table"
    path.write_text("a@example.net b\n")
    os.utime(path, ns=(1, 2))
    read_table_settings = TableSettings("postfix-virtual", path=str(path))
    assert (
        len(list(read_entries([DirectorySettings((read_table_settings,))], {}, str(tmp_path)))) == 1
    )
    after = path.stat()
    assert (after.st_atime_ns, after.st_mtime_ns) == (1, 2)


class FailingServer:
    def rows(self, table):
        yield "A@example.net", "b@example.net, c@example.net"
        yield "a@example.net", "d@example.net"
        yield "", "x"
        raise AmbiguousSourceError("the server stopped")


def test_servers_give_rows_until_they_fail(tmp_path):
    table = TableSettings("sql", url="postgresql://u:secret@db.test/mail", query="SELECT 1")
    settings = DirectorySettings((), aliases=(table,))
    first, second, *wrong = list(read_entries([settings], {"sql": FailingServer()}, str(tmp_path)))
    assert pairs([first, second]) == [
        ("a@example.net", ["b@example.net", "c@example.net"]),
        ("a@example.net", ["d@example.net"]),
    ]
    assert (second.file, second.line) == ("postgresql://db.test/mail", 2)
    assert problems(wrong) == [("broken-line", 3), ("unreadable-table", 3)]


def test_a_format_without_a_reader_is_a_problem(tmp_path):
    found = list(read_entries([DirectorySettings((TableSettings("ldap"),))], {}, str(tmp_path)))
    assert [(one.code, one.subject) for one in found] == [("unreadable-table", "ldap")]


def test_domain_aliases_and_several_directories_are_numbered(tmp_path):
    (tmp_path / "t").write_text("x@example.net y\n")
    table = TableSettings("postfix-virtual", path=str(tmp_path / "t"))
    both = [
        DirectorySettings((), domain_aliases=(("Müller.test", "Example.NET"),)),
        DirectorySettings((), canonical=(table,), bcc=(table, table)),
    ]
    found = list(read_entries(both, {}, str(tmp_path)))
    assert [(one.directory, one.role, one.table, one.key, one.values) for one in found] == [
        (0, "domain", 0, "xn--mller-kva.test", "example.net"),
        (1, "canonical", 0, "x@example.net", "y"),
        (1, "bcc", 0, "x@example.net", "y"),
        (1, "bcc", 1, "x@example.net", "y"),
    ]
