from postwarden.sources.logs.reading import read_logs
from postwarden.sources.records import AccessRecord, SpanRecord
from postwarden.sources.settings import LogSettings


def test_events_know_the_logins_of_the_other_log_whatever_their_order(tmp_path, provider):
    (tmp_path / "events.log").write_text(
        '{"event":"mail_opened","end_time":"2026-11-20T10:11:13Z","fields":{"user":'
        '"ann@example.test","session":"s","reason_code":["imap:fetch_body"],"uid":4}}\n'
    )
    (tmp_path / "dovecot.log").write_text(
        "Nov 20 10:11:12 imap-login: Info: Login: user=<ann@example.test>, "
        "master_user=<migration>, rip=192.0.2.1, session=<s>\n"
        "Nov 20 10:11:14 imap(ann@example.test)<7><s>: Info: Disconnected: Logged out in=1 out=2\n"
    )
    sets = [
        LogSettings("dovecot-events", str(tmp_path / "events.log")),
        LogSettings("dovecot", str(tmp_path / "dovecot.log"), year=2026),
    ]
    records = read_logs(sets, provider, str(tmp_path), now=1_795_308_497_000_000)
    done = [(one.what, one.actor) for one in records if isinstance(one, AccessRecord)]
    assert done == [("login", "migration"), ("logout", "migration"), ("opened", "migration")]


def test_citations_are_relative_to_the_configuration(tmp_path, provider):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "mail.log").write_text("Nov 20 10:11:12 mx1 postfix/qmgr[1]: x\n")
    sets = [LogSettings("postfix", str(tmp_path / "log" / "mail.log*"), year=2026)]
    records = list(read_logs(sets, provider, str(tmp_path), now=1_795_308_497_000_000))
    assert {one.file for one in records} == {"log/mail.log"}


def test_only_events_prove_that_events_were_exported(read_file, data):
    records = read_file("dovecot-events", data / "dovecot-default.log")
    assert not any(isinstance(one, SpanRecord) for one in records)
    records = read_file("dovecot-events", data / "events.log")
    (span,) = (one for one in records if isinstance(one, SpanRecord))
    assert (span.host, span.lines) == ("store1", 103)


def test_servers_that_share_a_log_are_covered_by_their_own_lines(read):
    lines = [
        "postfix/qmgr[1]: x",
        "dovecot: imap-login: Login: user=<ann@example.test>, session=<s>",
        "dovecot: imap-login: Disconnected",
        "cron[1]: x",
    ]
    spans = [
        (one.server, one.lines, one.understood)
        for kind in ("postfix", "dovecot")
        for one in read(kind, lines)
        if isinstance(one, SpanRecord)
    ]
    assert spans == [("postfix", 1, 0), ("dovecot", 2, 1)]
