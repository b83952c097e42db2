"""A real Dovecot behind the peers, with the doors of the model in `dovecots.py`."""

import base64
import http.client
import json
import re
import socket
import urllib.request

from faults.dovecots import Crashed
from relocation.rigs import HOST, KEY, SECONDS

_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")


class RealDovecot:
    """Passes on to the Dovecot of a rig what its peers let pass."""

    def __init__(self, rig):
        self._rig = rig

    def commands(self):
        return self._asked(None)

    def answer(self, request):
        return self._asked(json.dumps(request).encode())

    def _asked(self, data):
        key = {"Authorization": f"X-Dovecot-API {base64.b64encode(KEY.encode()).decode()}"}
        request = urllib.request.Request(self._rig.url, data, key)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.load(answer)
        except (OSError, http.client.HTTPException) as error:
            raise Crashed from error

    def session(self):
        return RealSession(self._rig.ports.imap)


class RealSession:
    """A session of IMAP that is passed on."""

    def __init__(self, port):
        self._socket = socket.create_connection((HOST, port), SECONDS)
        self._file = self._socket.makefile("rb")
        self.greeting = self._file.readline()

    def answer(self, parts):
        self._socket.sendall(b"".join(_joined(parts)))
        tag, told = parts[0].split(b" ")[0] + b" ", b""
        while True:
            line = self._file.readline()
            if not line:
                raise Crashed
            told += line
            if line.startswith(tag):
                return told
            while match := _LITERAL.search(line):
                literal = self._file.read(int(match[1]))
                line = self._file.readline()
                told += literal + line

    def close(self):
        self._file.close()
        self._socket.close()


def _joined(parts):
    """Give lines with their ends, and literals, which come in turn, as they are."""
    for at, part in enumerate(parts):
        yield part if at % 2 else part + b"\r\n"
