"""Starting a provider of identities on loopback, and walking through it as somebody's browser does."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CLIENT, SECRET = "postwarden", "a secret of tests"
PROGRAM = Path(__file__).with_name("identity_provider.py")


@dataclass
class Provider:
    """One that runs."""

    issuer: str

    def spoil(self, **faults):
        """Let it answer wrongly from now on: `claims` of its tokens, its `document`, its `signer`, or `away`."""
        self._asked("POST", "/spoil", json.dumps(faults))

    def given(self):
        """Give how many tokens it gave."""
        return int(self._asked("GET", "/given")[0])

    def follow(self, place, subject):
        """Sign in there as somebody; give where they are sent back to."""
        there = urlsplit(place)
        return self._asked("GET", f"{there.path}?{there.query}&as={subject}")[1]

    def _asked(self, method, path, body=None):
        with closing(http.client.HTTPConnection(urlsplit(self.issuer).netloc)) as connection:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status < 400, text
            return text, answer.headers["Location"]


@contextmanager
def provider_of_identities() -> Iterator[Provider]:
    """Start it."""
    process = subprocess.Popen(
        [sys.executable, PROGRAM],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env=os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"},
    )
    with process:
        try:
            yield Provider(process.stdout.readline().strip())
        finally:
            process.kill()
