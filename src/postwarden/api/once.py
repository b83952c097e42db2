"""Doing what is asked once, however often it is sent (draft-ietf-httpapi-idempotency-key-header-07).

The answer is kept in the transaction of what was done: after a crash both are there or neither, and
whoever sends the request again gets the answer or has it done. Two at once: the second waits for the first
and gets its answer. What was refused changed nothing and is not kept: sent again, it is asked anew.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from postwarden.api.models import AnswerRow
from postwarden.api.problems import BadRequest
from postwarden.people.service import Member
from postwarden.rooms import present

LASTING = 24 * 3_600_000_000
"""Microseconds that an answer is kept."""
HEADER: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Chosen by you, best a random UUID: what is sent again with it within a day is"
    " done once, and answered as before.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_KEY = re.compile(r"[!-~]{1,255}")


def once(
    request: HttpRequest,
    who: Member,
    act: Callable[[], HttpResponse],
    still: Callable[[Mapping[str, Any]], None],
    secrets: Collection[str] = (),
) -> HttpResponse:
    """Do what a request asks, unless its key says that this was done.

    Args:
        request: with or without a key.
        who: asks; the keys of others are others, and those of another token of theirs.
        act: does it and gives the answer, or raises.
        still: raises where an answer of before is not for who asks any more; it is given its fields.
        secrets: fields of the answer that are not kept: null where it is given again.

    Raises:
        BadRequest: the key is none, or was given to something else before.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        with transaction.atomic():
            return act()
    if _KEY.fullmatch(key) is None:
        raise BadRequest("Idempotency-Key: 1 to 255 visible ASCII characters, without spaces")
    asked, now = _asked(request), present()
    with transaction.atomic():
        row = _reserved(who, key, asked, now)
        if row is not None:
            return _again(row, asked, still)
        answer = act()
        AnswerRow.objects.filter(who=who.name, token=who.token or 0, key=key).update(
            status=answer.status_code, text=_kept(answer.content.decode(), secrets)
        )
    return answer


def _kept(text: str, secrets: Collection[str]) -> str:
    return json.dumps(json.loads(text) | dict.fromkeys(secrets)) if secrets else text


def _reserved(who: Member, key: str, asked: str, now: int) -> AnswerRow | None:
    """Take a key, in the caller's transaction; where it was taken give what was answered then.

    Who else takes the same key waits in the database until that transaction ends.
    """
    AnswerRow.objects.filter(at__lte=now - LASTING).delete()
    named = {"who": who.name, "token": who.token or 0, "key": key}
    try:
        with transaction.atomic():
            AnswerRow.objects.create(**named, request=asked, status=0, text="", at=now)
    except IntegrityError:
        return AnswerRow.objects.get(**named)
    return None


def _again(row: AnswerRow, asked: str, still: Callable[[Mapping[str, Any]], None]) -> HttpResponse:
    if row.request != asked:
        raise BadRequest("Idempotency-Key: was given to another request before; choose a new one")
    still(json.loads(row.text) if row.text else {})
    answer = HttpResponse(row.text, status=row.status, content_type="application/json")
    answer["Idempotency-Replayed"] = "true"
    return answer


def _asked(request: HttpRequest) -> str:
    head = f"{request.method} {request.get_full_path()}\n"
    return sha256(head.encode() + request.body).hexdigest()
