"""An installation with people of every role, a case, and a browser without a screen for each of them."""

import itertools
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client, override_settings
from django.urls import URLResolver

from people.conftest import NOW, Records
from postwarden.cases import service as cases
from postwarden.configuration import load
from postwarden.console.settings import CONFIGURATION
from postwarden.drills.simulated import simulate
from postwarden.people.service import EVERYWHERE, Grant, Role, add, member
from postwarden.state.service import StateSettings, open_state
from postwarden.wiring import hold_desk

HELD = ("hold1@example.net", "hold2@example.net")


def show(client, user):
    """Let somebody have shown just now that it is they."""
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def addresses(patterns, before=""):
    """Give every address there is, with what Django has there."""
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, route)
        else:
            yield route, one


class Desk:
    """An installation as a test uses it."""

    def __init__(self, configuration):
        self.configuration = configuration
        self.holds = hold_desk(configuration)
        self.now = NOW
        self._handler = None

    def __call__(self, function, *words, who="anna", **named):
        self.now += 1_000_000
        return function(self.holds.desk, member(who), *words, now=self.now, **named)

    def person(self, name, *grants):
        first = "anna" if name != "anna" else name
        add(name, name.title(), grants, first, Records(), NOW)
        return name

    def browser(self, name, *, factor=True, sure=True):
        """Sign somebody in, with a second factor or without; they showed just now that it is they."""
        client = Client(enforce_csrf_checks=False)
        # One process serves all of them; to load its middleware takes longer than many a page.
        self._handler = client.handler = self._handler or client.handler
        user = get_user_model().objects.get_by_natural_key(name)
        if factor:
            Authenticator.objects.get_or_create(
                user=user, type=Authenticator.Type.RECOVERY_CODES, defaults={"data": {}}
            )
            Authenticator.objects.get_or_create(
                user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": ""}}
            )
        client.force_login(user)
        if sure:
            show(client, user)
        return client


@pytest.fixture(scope="session", autouse=True)
def _collected() -> None:
    call_command("collectstatic", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("provider") / "tree"
    simulate("demo", place, accounts=8, messages=2)
    file = place / "postwarden.toml"
    file.write_text(
        file.read_text()
        + '\n[[organisations]]\nname = "home"\nfull_name = "Example Mail"\ndomains = ["example.net"]\n'
        + '\n[[organisations]]\nname = "brand"\nfull_name = "Brand Mail"\ndomains = ["brand.test"]\n'
    )
    return place


@contextmanager
def opened(tree: Path, state: Path):
    """Give the installation of a state."""
    file = tree / f"{state.parent.name}.toml"
    file.write_text(f'{(tree / "postwarden.toml").read_text()}\n[state]\npath = "{state}"\n')
    open_state(StateSettings(str(state)))
    configuration = load(str(file))
    with override_settings(**{CONFIGURATION: configuration, "SECRET_KEY": "a secret of tests"}):
        cache.clear()  # of who tried to sign in too often
        yield Desk(configuration)
        connections.close_all()


@pytest.fixture
def bare(tree, upgraded_sqlite, tmp_path):
    """An installation where nobody works yet."""
    shutil.copytree(upgraded_sqlite, tmp_path / "state")
    with opened(tree, tmp_path / "state") as desk:
        yield desk


@pytest.fixture(scope="module")
def furnished(tree, upgraded_sqlite, tmp_path_factory):
    """Give a state with people and a case of two organisations, the case, and when the last act was."""
    state = tmp_path_factory.mktemp("furnished") / "state"
    shutil.copytree(upgraded_sqlite, state)
    with opened(tree, state) as desk:
        with transaction.atomic():
            desk.person("anna", Grant(Role.POSTMASTER, EVERYWHERE))
            for role, organisation in itertools.product(Role, (EVERYWHERE, "home", "brand")):
                desk.person(f"{role}-{organisation or 'all'}", Grant(role, organisation))
        opening = cases.Opening(cases.Kind.MISDELIVERY, "mail astray", ("home",))
        case = desk(cases.open_case, opening).reference
        desk(cases.suspect, case, HELD, "they share a map")
    return state, case, desk.now


@pytest.fixture
def desk(tree, furnished, tmp_path):
    """An installation with people and a case of two organisations."""
    state, case, now = furnished
    shutil.copytree(state, tmp_path / "state")
    with opened(tree, tmp_path / "state") as desk:
        desk.case, desk.now = case, now
        yield desk
