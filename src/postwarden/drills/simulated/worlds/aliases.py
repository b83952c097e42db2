"""Faults of the alias map."""

from postwarden.drills.simulated.play import Play
from postwarden.drills.simulated.worlds.demo import shifted
from postwarden.drills.simulated.worlds.registry import world


@world(
    "The alias map is shifted by one line for an hour and a half.", benign=False, style="rfc3339"
)
def alias_shifted(play: Play) -> None:
    """As the demo, shorter, unread."""
    play.wrongly(shifted(play.directory), 10, 11.5)
    play.traffic(since=9, until=12.5)
