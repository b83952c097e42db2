"""JSON objects out of a stream of text, one at a time, in bounded memory."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

MAX_OBJECT = 32 * 1024 * 1024


class BrokenAnswerError(Exception):
    """The text is not the JSON that doveadm writes, or it ended too early."""


def first_and_objects(chunks: Iterable[str]) -> tuple[str, Iterator[dict[str, Any]]]:
    """Give what stands before the first object, and the objects of the list that it begins.

    Args:
        chunks: text such as `[{...},{...}]` or `[["doveadmResponse",[{...}],"t"]]`.

    Raises:
        BrokenAnswerError: now or while iterating.
    """
    source = iter(chunks)
    text = ""
    for chunk in source:
        text += chunk
        if "{" in text or len(text) > 4_096:
            break
    before, brace, _ = text.partition("{")
    if not brace:
        return text, iter(())
    return before, _objects(text[len(before) :], source)


def _objects(text: str, source: Iterator[str]) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    place, tried = 0, 0
    while True:
        found, end = _decoded(decoder, text, place) if len(text) > tried else (None, place)
        if found is None:
            tried = len(text)
            chunk = next(source, None)
            if chunk is None or len(text) - place > MAX_OBJECT:
                raise BrokenAnswerError("the answer ends within a message")
            text, place, tried = text[place:] + chunk, 0, 0
            continue
        if not isinstance(found, dict):
            return  # the request's tag, behind an answer that is no list
        yield found
        while end >= len(text) and (chunk := next(source, None)) is not None:
            text, end = chunk, 0
        if text[end : end + 1] != ",":
            if text[end : end + 1] != "]":
                raise BrokenAnswerError("the answer ends between two messages")
            return
        place, tried = end + 1, 0


def _decoded(decoder: json.JSONDecoder, text: str, place: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, place)
    except json.JSONDecodeError:
        return None, place
