"""Find a port for the demonstration's console, or wait until the console answers on it.

`free_port.py PORT` prints that port, or another one where it is taken; `free_port.py --answers URL` ends
with status 0 once the address answers, and with 1 where it has not within half a minute.
"""

import socket
import sys
import time
import urllib.error
import urllib.request

_SECONDS = 30.0


def free(wanted: int) -> int:
    """Give a port of the loopback address that nobody listens on: the wanted one, if it is."""
    for port in (wanted, 0):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            given: int = tried.getsockname()[1]
            return given
    raise OSError("no port is free")


def answers(url: str) -> bool:
    """Tell whether a page comes within half a minute."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=_SECONDS) as page:  # noqa: S310  # our own
                return bool(page.status == 200)
        except urllib.error.HTTPError:
            return False
        except OSError:
            time.sleep(0.2)
    return False


if __name__ == "__main__":
    if sys.argv[1] == "--answers":
        sys.exit(not answers(sys.argv[2]))
    print(free(int(sys.argv[1])))
