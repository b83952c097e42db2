"""Acts as processes: started from one that has loaded everything, so that start-up is over.

Lines of JSON come in: {"act", "folder", "url", "step", "peer"} starts a process and answers with its pid; it
waits until "go" comes, so that strace can take hold of it; then its status and what it told come back.
"""

import contextlib
import ctypes
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

DONE, SAID, FELL = 0, 2, 3  # ended well; with a sentence; with a fault of the program
_PR_SET_PTRACER = 0x59616D61  # prctl(2): anybody of this user may trace
_ANY = ctypes.c_ulong(-1)


def main():
    """Serve until standard input ends."""
    from postwarden.state.service import StateSettings, open_state, set_up  # noqa: PLC0415

    set_up()
    import httpx  # noqa: PLC0415  # what acts load is loaded once, before any of them
    from django.db import connections  # noqa: PLC0415

    from crash import acts, judging, put_right, real, repairs  # noqa: PLC0415  # have models: after set_up

    repairs.made_countable()
    httpx.Client(trust_env=False).close()
    with tempfile.TemporaryDirectory() as folder:
        open_state(StateSettings(folder))
        connections.close_all()
    rooms = (acts, repairs, real, judging, put_right)
    does = {name: does for room in rooms for name, does in vars(room).items() if callable(does)}
    for line in sys.stdin:
        _serve(json.loads(line), does, acts.Place)


def _serve(asked, does, place):
    reader, writer = os.pipe()
    answers = os.memfd_create("answer")
    child = os.fork()
    if child == 0:
        _wait(reader)
        there = place(Path(asked["folder"]), asked["url"], asked["step"], asked["peer"])
        os._exit(_done(does[asked["act"]], there, answers))
    _say({"pid": child})
    sys.stdin.readline()
    os.write(writer, b"g")
    _, status = os.waitpid(child, 0)
    os.lseek(answers, 0, os.SEEK_SET)
    told = os.read(answers, 1 << 20).decode()
    for descriptor in (reader, writer, answers):
        os.close(descriptor)
    _say({"status": os.waitstatus_to_exitcode(status), "told": told})


def _wait(reader):
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)
    os.read(reader, 1)


def _done(act, place, answers):
    from postwarden.state.service import failure  # noqa: PLC0415
    from postwarden.vocabulary import PostwardenError  # noqa: PLC0415

    try:
        told = act(place)
    except (PostwardenError, OSError) as error:
        told, status = repr(error), SAID
    except Exception as error:  # noqa: BLE001  # what `postwarden.cli.main` has a sentence for, and not
        said = failure(error)
        told, status = (repr(said), SAID) if said else (_where(error), FELL)
    else:
        status = DONE
    if told is not None:
        _tell(answers, told)
    return status


def _where(error):
    frames = [
        one for one in traceback.extract_tb(error.__traceback__) if "postwarden" in one.filename
    ]
    return f"{error!r} at {frames[-1].filename if frames else ''}:{frames[-1].lineno if frames else ''}"


def _tell(answers, told):
    with contextlib.suppress(OSError):  # the fault may strike here, too: its status is enough
        os.write(answers, json.dumps(told).encode())


def _say(answer):
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
