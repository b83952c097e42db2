"""Crashes: SIGKILL, EIO and ENOSPC at every system call of what Postwarden does, by strace.

Purpose: what was stopped anywhere and is done again ends as if nothing had happened.
Input: acts (`acts.py`), each a process of its own that runs the real rooms on a real SQLite state, with
a doveadm server whose state outlives it (`doveadm.py`). Output: facts of the end (`judging.py`), compared
with those of a run that nothing stopped.
On real servers, points are rolled from seeds: Postwarden stopped at its calls and Dovecot killed
(`on_servers.py`), and people at work on the same mailboxes (`at_work.py`).
`python -m crash` (with tests/ on the path: `make crash`) runs all parts and writes build/crash.json;
`python -m crash hold:pwrite64:12:EIO` runs one point and tells everything about it, `python -m crash hold`
those of an act; `--help` names the parts.
"""
