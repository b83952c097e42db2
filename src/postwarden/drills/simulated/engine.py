"""Plays a world and writes the provider tree and its truth."""

from pathlib import Path

from postwarden.drills.simulated import provider
from postwarden.drills.simulated.logs import DOVECOT, EVENTS, POSTFIX, Hole
from postwarden.drills.simulated.play import Play, hour
from postwarden.drills.simulated.truth import Truth, rows_of
from postwarden.drills.simulated.worlds import WORLDS

DEFAULT_WORLD = "demo"
LOG_CONDITIONS = ("whole", "hole", "absent")


def simulate(
    world: str,
    out: Path,
    *,
    accounts: int | None = None,
    messages: int = 600,
    seed: int = 1,
    corpus: Path | None = None,
    logs: str = "whole",
) -> Truth:
    """Play a world and write its provider tree to `out` and its truth to `out` + "-truth.jsonl".

    Args:
        world: a key of `WORLDS`.
        out: folder of the provider tree; an earlier tree there is replaced.
        accounts: how many accounts the provider has, at least 8; by default as the world says.
        messages: how many ordinary messages pass besides what the world is about.
        seed: the same arguments with the same seed give the same bytes.
        corpus: folder of real messages to use instead of made-up ones.
        logs: "whole"; "hole" (three hours of one log are lost: Postfix's, Dovecot's or the exported
            events, by the seed modulo 3 = 1, 2, 0); "absent" (no logs at all).

    Raises:
        KeyError: there is no such world.
        ValueError: there is no such condition of the logs, or there are too few accounts.
        FileExistsError: `out` holds something that is not a provider tree.
    """
    chosen = WORLDS[world]
    accounts = chosen.accounts if accounts is None else accounts
    if logs not in LOG_CONDITIONS or accounts < 8:
        raise ValueError(f"logs must be one of {LOG_CONDITIONS}, accounts at least 8")
    play = Play(accounts, messages, seed, corpus)
    chosen.arrange(play)
    play.run()
    if logs == "hole":
        since, until = chosen.hole
        play.site.logs.lose(Hole((EVENTS, POSTFIX, DOVECOT)[seed % 3], hour(since), hour(until)))
    elif logs == "absent":
        play.site.logs.lose_all()
    provider.save(play.site, out, style=chosen.style, logs=logs != "absent")
    truth = Truth(world, out, rows_of(play.site))
    truth.save(truth_path(out))
    return truth


def truth_path(out: Path) -> Path:
    """Give the path of the truth beside a provider tree."""
    return out.with_name(f"{out.name}-truth.jsonl")
