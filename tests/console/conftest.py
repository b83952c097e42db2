"""An installation with people of every role, a case, and a browser without a screen for each of them."""

import itertools
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client, override_settings

from people.conftest import NOW, Records
from postwarden.cases import service as cases
from postwarden.configuration import load
from postwarden.console.settings import CONFIGURATION
from postwarden.drills.simulated import simulate
from postwarden.people.service import EVERYWHERE, Grant, Role, add, member
from postwarden.wiring import hold_desk

HELD = ("hold1@example.net", "hold2@example.net")


class Desk:
    """An installation as a test uses it."""

    def __init__(self, configuration):
        self.configuration = configuration
        self.holds = hold_desk(configuration)
        self.now = NOW

    def __call__(self, function, *words, who="anna", **named):
        self.now += 1_000_000
        return function(self.holds.desk, member(who), *words, now=self.now, **named)

    def person(self, name, *grants):
        first = "anna" if name != "anna" else name
        add(name, name.title(), grants, first, Records(), NOW)
        return name

    def browser(self, name, *, factor=True):
        """Sign somebody in, with a second factor or without."""
        client = Client(enforce_csrf_checks=False)
        user = get_user_model().objects.get_by_natural_key(name)
        if factor:
            Authenticator.objects.get_or_create(
                user=user, type=Authenticator.Type.RECOVERY_CODES, defaults={"data": {}}
            )
            Authenticator.objects.get_or_create(
                user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": ""}}
            )
        client.force_login(user)
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


@pytest.fixture
def bare(tree, on_sqlite, tmp_path):
    """An installation where nobody works yet."""
    text = (tree / "postwarden.toml").read_text()
    file = tree / f"{tmp_path.name}.toml"
    file.write_text(f'{text}\n[state]\npath = "{on_sqlite.path}"\n')
    configuration = load(str(file))
    with override_settings(**{CONFIGURATION: configuration, "SECRET_KEY": "a secret of tests"}):
        cache.clear()  # of who tried to sign in too often
        yield Desk(configuration)
        connections.close_all()


@pytest.fixture
def desk(bare):
    """An installation with people and a case of two organisations."""
    with transaction.atomic():
        bare.person("anna", Grant(Role.POSTMASTER, EVERYWHERE))
        for role, organisation in itertools.product(Role, (EVERYWHERE, "home", "brand")):
            bare.person(f"{role}-{organisation or 'all'}", Grant(role, organisation))
    opening = cases.Opening(cases.Kind.MISDELIVERY, "mail astray", ("home",))
    bare.case = bare(cases.open_case, opening).reference
    bare(cases.suspect, bare.case, HELD, "they share a map")
    return bare
