"""The console as a server: Gunicorn with threads, behind a proxy that speaks HTTPS."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

from django.db import connections
from gunicorn.app.base import BaseApplication

from postwarden.configuration import Configuration
from postwarden.console.secret import secret
from postwarden.console.settings import CONFIGURATION, settings
from postwarden.lines import write_lines
from postwarden.state.service import set_up

_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus_client lets all processes of a server count together; read as it is loaded."""


def prepare(configuration: Configuration, *, secure: bool) -> None:
    """Set Django up for the console, and bring the state's tables up to date.

    Raises:
        StateError: the state cannot be used.
    """
    folder = configuration.state.path
    os.environ[_FIGURES] = tempfile.mkdtemp(prefix="postwarden-figures-")
    set_up({CONFIGURATION: configuration, **settings(folder, secure=secure)})
    write_lines("console", configuration.log_style)
    from django.core.management import call_command  # noqa: PLC0415  # once Django is set up

    from postwarden.state.service import open_state  # noqa: PLC0415

    open_state(configuration.state)
    call_command("collectstatic", verbosity=0, interactive=False)


def first_link(configuration: Configuration) -> str | None:
    """Give the path of the page that sets the console up, with its secret; None once somebody works here."""
    from postwarden.console.firstly import token  # noqa: PLC0415  # once Django is set up
    from postwarden.people.service import members  # noqa: PLC0415

    return None if members() else f"/set-up/{token(secret(configuration.state.path))}/"


def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Answer until SIGTERM or SIGINT; `prepare` comes before."""
    connections.close_all()  # no process that is forked shares one
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "logger_class": "postwarden.console.logs.ServerLog",
        "on_exit": _forget_figures,
        "post_worker_init": _settle,
        "control_socket_disable": True,  # nobody needs another way to steer it than signals
    }
    _Server(options).run()


def _forget_figures(_server: object) -> None:
    shutil.rmtree(os.environ[_FIGURES], ignore_errors=True)


def _settle(_: object) -> None:
    """Leave what a worker has loaded out of every later collection of garbage: it stays, and it is a lot."""
    gc.collect()
    gc.freeze()


class _Server(BaseApplication):
    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        from django.core.wsgi import get_wsgi_application  # noqa: PLC0415  # opens the state, in a worker

        return get_wsgi_application()
