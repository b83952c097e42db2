"""An installation as programs use it: a client with a personal token of anybody."""

import itertools
import json

import pytest
from django.conf import settings
from django.test import Client

from console.conftest import _collected, bare, desk, furnished, tree
from people.conftest import Records
from postwarden.console.settings import CONFIGURATION
from postwarden.people.service import Permission, make_token
from postwarden.rooms import present

__all__ = ["_collected", "bare", "desk", "furnished", "tree"]
_LABELS = itertools.count()
HOUR = 3_600_000_000


class _Desks:
    """The client of the desk that is open: to load its middleware takes longer than to ask it."""

    configuration = client = None

    def __call__(self):
        if self.configuration is not getattr(settings, CONFIGURATION):
            self.configuration = getattr(settings, CONFIGURATION)
            self.client = Client(raise_request_exception=False, enforce_csrf_checks=True)
        return self.client


_CLIENT = _Desks()


class Program:
    """A program that acts as somebody."""

    def __init__(self, token):
        self.token = token
        self._client = _CLIENT()

    def __call__(self, method, path, body=None, *, key=None, **headers):
        """Ask; give the answer, whose `told` is its JSON."""
        named = {"HTTP_AUTHORIZATION": f"Bearer {self.token}"} if self.token else {}
        if key is not None:
            named["HTTP_IDEMPOTENCY_KEY"] = key
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        data = {} if body is None else {"data": text, "content_type": "application/json"}
        answer = self._client.generic(method, f"/api/v1{path}", **data, **named, **headers)
        answer.told = json.loads(answer.content) if answer.content else None
        return answer

    def get(self, path, **named):
        return self("GET", path, **named)

    def post(self, path, body, **named):
        return self("POST", path, body, **named)


def token_of(name, scope=tuple(Permission)):
    now = present()
    return make_token(name, f"token {next(_LABELS)}", sorted(scope), now + HOUR, Records(), now)


@pytest.fixture
def program(desk):
    """Give a program of somebody's, by name and scope."""
    return lambda name="anna", scope=tuple(Permission): Program(token_of(name, scope))
