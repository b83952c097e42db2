"""The demonstration: an alias map re-imported one line off for part of an ordinary day."""

from postwarden.drills.simulated.directory import Directory
from postwarden.drills.simulated.play import Play
from postwarden.drills.simulated.worlds.registry import world


def shifted(directory: Directory) -> Directory:
    """Give a directory whose aliases have the values of the line below."""
    keys, values = list(directory.aliases), list(directory.aliases.values())
    return directory.with_aliases(dict(zip(keys, values[1:] + values[:1], strict=True)))


@world(
    "The alias map is re-imported one line off for part of a day; some of the mail is read.",
    benign=False,
)
def demo(play: Play) -> None:
    """Ordinary mail all day, the fault from 9:00 to 13:30, an evening of reading."""
    play.wrongly(shifted(play.directory), 9, 13.5)
    play.traffic()
    play.readers(play.accounts[::2])
