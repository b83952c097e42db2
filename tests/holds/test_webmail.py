"""Webmails are told of holds and releases, by real HTTP, until they answer with success."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from postwarden.holds.sentences import sentence
from postwarden.holds.service import Aligner, ControlError, Wording
from postwarden.holds.settings import WebmailSettings
from postwarden.servers.webmail import WebmailHooks

EVA = "eva@example.net"


class _Webmail(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((self.headers["Authorization"], json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def webmail():
    with HTTPServer(("127.0.0.1", 0), _Webmail) as server:
        server.told, server.status = [], 200
        server.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def align(desk, *webmails, seconds=1):
    desk.time += seconds * 1_000_000
    hooks = WebmailHooks([WebmailSettings(one.url, "s3cret") for one in webmails])
    Aligner(desk.desk, desk.control, desk.now, hooks).run()


def test_a_webmail_is_told_of_a_hold_and_of_its_end(quick_desk, quick_key, webmail):
    quick_desk.hold(EVA)
    align(quick_desk, webmail)
    reason = sentence(Wording.EXAMINATION, "nl")
    held = {"accounts": [{"account": EVA, "held": True, "reason": reason}]}
    assert webmail.told == [("Bearer s3cret", held)]
    quick_desk.approve(quick_desk.plan_release(EVA), quick_key)
    align(quick_desk, webmail)
    free = {"accounts": [{"account": EVA, "held": False, "reason": ""}]}
    assert [document for _, document in webmail.told] == [held, free]


def test_it_is_told_again_until_it_answers(quick_desk, webmail):
    quick_desk.hold(EVA)
    webmail.status = 503
    align(quick_desk, webmail)
    troubles = [one.trouble for one in quick_desk.desk.pending() if one.kind == "holds.webmail"]
    assert troubles == [f"webmail {webmail.url}: answered with status 503"]
    webmail.status = 200
    align(quick_desk, webmail, seconds=2)
    assert [one for one in quick_desk.desk.pending() if one.kind == "holds.webmail"] == []
    assert len(webmail.told) > 1
    assert webmail.told[0] == webmail.told[-1]


def test_one_that_is_away_keeps_no_other_from_being_told(webmail):
    away = WebmailSettings("http://127.0.0.1:9/hook")
    hooks = WebmailHooks([away, WebmailSettings(webmail.url)], seconds=5)
    with pytest.raises(ControlError, match=away.url):
        hooks.tell({EVA: None})
    assert webmail.told == [(None, {"accounts": [{"account": EVA, "held": False, "reason": ""}]})]
