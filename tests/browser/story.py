"""A case from its first report to its bundle, told in the words that stand on the pages.

Anna is on call, Dora is the data-protection officer. They know what a colleague told them on the telephone:
when it was, who complained, and which line of the alias map was wrong.
"""

import tarfile
from datetime import UTC, datetime

from browser.hands import Person
from browser.incident import Stray
from postwarden.vocabulary import Moment

WHY = "the alias map was one line off"
OF_THE_CASE = "Of this case"


def written(moment: Moment) -> str:
    """Write a time as a field for times takes it; the lab's zone is UTC."""
    return datetime.fromtimestamp(moment // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def whole(anna: Person, dora: Person, stray: Stray) -> None:
    """Work the case to its end."""
    until_planned(anna, dora, stray)
    repaired(anna, dora)
    released(anna, dora)


def until_planned(anna: Person, dora: Person, stray: Stray) -> None:
    """Work the case until its repair waits for somebody else's approval."""
    first_scanned(anna)
    reported(anna, stray)
    held(anna, dora, stray)
    examined(anna)
    planned(anna)


def first_scanned(anna: Person) -> None:
    """Where there is no snapshot yet, the page of today begins with one."""
    anna.follow("Today")
    anna.follow("Take the first snapshot")
    scanned(anna, "mail astray")
    anna.follow("See the snapshot")


def scanned(anna: Person, purpose: str) -> None:
    """The form of a snapshot is filled in, and the worker watched until it is there."""
    anna.write("What for", purpose)
    anna.press("Take the snapshot from {n} sources")
    anna.sees("Asked for. You may close this page meanwhile.")
    anna.sees_later("{n} deliveries in the logs")


def looked_anew(anna: Person, purpose: str) -> None:
    """All mail is read as it is now, and the case examined by it."""
    anna.follow("Evidence")
    anna.follow("Take a snapshot")
    scanned(anna, purpose)
    to_the_case(anna)
    anna.follow("Findings", within=OF_THE_CASE)
    anna.follow("Examine the case")
    anna.press("Examine the newest snapshot")
    anna.sees_later("Examined. What was found stands with the case, each with its reasons.")
    anna.follow("See the findings")


def reported(anna: Person, stray: Stray) -> None:
    """Somebody calls: the case is opened, and what customers told is noted."""
    anna.follow("Today")
    anna.follow("Open a case")
    anna.write("In a line", "Mail in the wrong mailbox")
    anna.write("Began", written(stray.began))
    anna.write("Ended", written(stray.ended + 1_000_000))
    anna.press("Open the case")
    anna.sees("Opened, with the tasks of its kind.")
    for one in stray.reports:
        anna.follow("This mail is not mine")
        anna.write("The customer's account", one.account)
        anna.write("Message-ID", one.message_id)
        anna.press("Note the report")
        anna.sees("Noted. The account is suspected until it was examined.")


def held(anna: Person, dora: Person, stray: Stray) -> None:
    """Whom the map concerns is held at once, and somebody else approves it after."""
    anna.follow("Accounts", within=OF_THE_CASE)
    anna.follow("Add accounts")
    anna.write("Accounts", "\n".join(stray.concerned))
    anna.write("Why", WHY)
    anna.press("Add them as suspected")
    count = len(stray.concerned)
    anna.follow(f"Hold {count} accounts")
    anna.write("Why", WHY)
    anna.press(f"Hold {count} accounts")
    anna.sees(f"{count} accounts are being held.")
    anna.sees_later(f"{count} of {count} acts done")
    approved(dora, f"Plan of {count} acts: {WHY}", enrols=True)


def approved(who: Person, plan: str, *, enrols: bool = False) -> None:
    """Sign a plan that waits on the page of today."""
    who.follow("Today")
    who.follow(plan)
    if enrols:
        who.enrol()
        who.follow("Today")
        who.follow(plan)
    who.press("Sign and approve {n} acts")
    who.sees("Approved. What you signed is on record.")


def examined(anna: Person) -> None:
    """What is wrong is found, each with its proof, and who is clean is let go."""
    looked_anew(anna, "after the hold")
    anna.sees("misdelivered")
    anna.follow("proof {id}")
    anna.sees("Dovecot logged that it saved this very file")


def planned(anna: Person) -> None:
    """The repair is planned, and waits."""
    to_the_case(anna)
    anna.follow("Plans", within=OF_THE_CASE)
    anna.follow("Plan a repair")
    anna.write("Why", "bring it home")
    anna.tick("Take copies away, too, that their holder has answered")
    anna.press("Examine and plan the repair")
    anna.sees_later("Planned. It waits for somebody else's approval; nothing was done yet.")


def repaired(anna: Person, dora: Person) -> None:
    """The plan is signed by somebody else, and carried out before one's eyes."""
    approved(dora, "Plan of {n} acts: bring it home")
    to_the_case(anna)
    anna.follow("Plans", within=OF_THE_CASE)
    anna.follow("bring it home")
    anna.follow("Carry out {n} acts")
    anna.press("Carry the plan out ({n} acts)")
    anna.sees("Begun: the worker carries it out.")
    anna.sees_later("{n} of {n} copies at their end")
    anna.comes_to("done")


def released(anna: Person, dora: Person) -> None:
    """A look at the mail after the repair: proven clean is released at once, the rest by a signature."""
    looked_anew(anna, "after the repair")
    anna.follow("Release {n} accounts")
    anna.write("Why", "clean")
    anna.press("Release {n} accounts now, proven clean")
    anna.sees_later("{n} of {n} acts done")
    to_the_case(anna)
    anna.follow("Accounts", within=OF_THE_CASE)
    anna.tick("All {n} accounts of the case")
    anna.press("Release…")
    anna.write("Why", "repaired, and asked")
    anna.press("Ask for the release of {n} accounts")
    approved(dora, "Plan of {n} acts: repaired, and asked")
    dora.sees_later("{n} of {n} acts done")


def exported(anna: Person) -> list[str]:
    """Give the names of what is in the bundle."""
    to_the_case(anna)
    anna.follow("Export")
    with anna.page.expect_download() as told:
        anna.press("Download the bundle")
    with tarfile.open(told.value.path()) as bundle:
        return bundle.getnames()


def to_the_case(who: Person) -> None:
    who.follow("Today")
    who.follow("2026-0001")
