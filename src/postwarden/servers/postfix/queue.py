"""The queue, as far as the doctor's own messages are in it."""

import json
from collections.abc import Iterator
from typing import Any

from postwarden.holds.service import ControlError
from postwarden.servers.postfix.commands import run
from postwarden.vocabulary import normal


class PostfixQueue:
    """Implements `Queue`."""

    def __init__(self, folder: str) -> None:
        """Bind it to the Postfix whose main.cf lies in a folder."""
        self._folder = folder

    def place(self, queue_id: str) -> str | None:
        """Give the queue that a message is in; None for none."""
        return next((str(one["queue_name"]) for one in self._queued(queue_id)), None)

    def remove(self, account: str, mark: str) -> int:
        """Remove held messages from the account to itself with this mark in their Message-ID."""
        removed = 0
        for one in list(self._queued()):
            if one["queue_name"] == "hold" and _is_own(one, account):
                queue_id = str(one["queue_id"])
                if self._has_mark(queue_id, mark):
                    self._run("postsuper", "-d", queue_id, "hold")
                    removed += 1
        return removed

    def _has_mark(self, queue_id: str, mark: str) -> bool:
        lines = self._run("postcat", "-hq", queue_id).splitlines()
        return any(line.lower().startswith("message-id:") and mark in line for line in lines)

    def _queued(self, queue_id: str | None = None) -> Iterator[dict[str, Any]]:
        for line in self._run("postqueue", "-j").splitlines():
            try:
                one = json.loads(line)
            except ValueError as error:
                raise ControlError(
                    f"postqueue's answer cannot be understood: {line[:200]}"
                ) from error
            if queue_id in (None, one["queue_id"]):
                yield one

    def _run(self, command: str, *words: str) -> str:
        try:
            return run(command, self._folder, *words)
        except OSError as error:
            raise ControlError(str(error)) from error


def _is_own(one: dict[str, Any], account: str) -> bool:
    recipients = [normal(str(each["address"])) for each in one["recipients"]]
    return normal(str(one["sender"])) == account and recipients == [account]
