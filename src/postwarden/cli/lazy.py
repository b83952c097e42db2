"""A group of commands that loads a command's module when it is run, not before.

The engines behind some commands take a second to load: `postwarden --help`, a mistyped word and quick
commands do not wait for them.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer.main
from typer.core import TyperCommand, TyperGroup


class Place(NamedTuple):
    """Where a command is defined: a module, and in it a function or a Typer application."""

    module: str
    name: str
    summary: str


def lazy_group(places: Mapping[str, Place]) -> type[TyperGroup]:
    """Give a class of groups for `typer.Typer(cls=...)` that has these commands, in this order."""

    class LazyGroup(TyperGroup):
        """Lists commands by their summaries alone, and loads the one that is run."""

        def __init__(self, **settings: Any) -> None:  # noqa: ANN401  # what Typer hands on
            super().__init__(**settings)
            for name, place in places.items():
                self.add_command(TyperCommand(name, short_help=place.summary))

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401  # as TyperGroup
            """Load the command that is to run."""
            name, _, rest = super().resolve_command(ctx, args)
            return name, load(str(name), places[str(name)]), rest

    return LazyGroup


def load(name: str, place: Place) -> Any:  # noqa: ANN401  # Typer's own kind of command
    """Import a command; a function gets its options from its signature."""
    found: Any = getattr(import_module(place.module), place.name)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False, rich_markup_mode=None)
        found.command(name)(function)
    command = typer.main.get_command(found)
    command.name = name
    return command
