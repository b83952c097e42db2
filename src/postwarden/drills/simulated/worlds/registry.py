"""What a world is, and the list of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from postwarden.drills.simulated.play import Play


@dataclass(frozen=True)
class World:
    """One world.

    Attributes:
        name: as on the command line.
        sentence: what happens in it.
        benign: whether every copy is where it belongs.
        arrange: sets it up and plans its acts.
        style: of its logs, "classic" or "rfc3339".
        accounts: how many, where nobody says.
        hole: hours of the day between which one log is lost under `logs="hole"`.
    """

    name: str
    sentence: str
    benign: bool
    arrange: Callable[[Play], None]
    style: str = "classic"
    accounts: int = 40
    hole: tuple[float, float] = (10.0, 13.0)


_worlds: dict[str, World] = {}
WORLDS: Mapping[str, World] = MappingProxyType(_worlds)


def world(
    sentence: str, *, benign: bool, style: str = "classic", accounts: int = 40
) -> Callable[[Callable[[Play], None]], Callable[[Play], None]]:
    """Register the decorated function under its name, with dashes."""

    def register(arrange: Callable[[Play], None]) -> Callable[[Play], None]:
        name = arrange.__name__.replace("_", "-")
        _worlds[name] = World(name, sentence, benign, arrange, style, accounts)
        return arrange

    return register
