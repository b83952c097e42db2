"""Finding copies again that their holders may have flagged, moved or removed meanwhile."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from postwarden.relocation.service import Absence, Original, Wanted, canonical
from postwarden.servers.maildir.places import Listing, Places
from postwarden.servers.maildir.tree import Tree
from postwarden.sources.service import WholeMessage, header_hash, named_flags

_FLAGS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
_LOOKS = 3  # a holder may rename a file between listing and opening it, but not for ever
_MOST = 1 << 16

Fits = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is the copy that was meant."""

    folder: str
    path: str
    message: WholeMessage
    content: bytes


class Finder:
    """Finds copies in one mailbox; it lists the mailbox again where a file is not there, or not any more."""

    def __init__(self, places: Places, mailbox: str) -> None:
        self._places = places
        self._mailbox = mailbox
        self._listings: list[Listing] = []

    def find(self, copy: Wanted, fits: Fits) -> Found | Absence:
        """Find a copy: the file of its name in its folder, or else in any other folder.

        Args:
            copy: which.
            fits: tells by canonical bytes whether they are the copy's.
        """
        for _ in range(_LOOKS):
            there = self._candidates(copy)
            if not there:
                return Absence.GONE
            gone, unreadable = False, False
            for folder, path in there:
                try:
                    message = self._places.tree.message(path)
                except FileNotFoundError:
                    gone = True
                    continue
                if message.content is None:
                    unreadable = True
                    continue
                content = canonical(message.content)
                if fits(content):
                    return Found(folder, path, message, content)
            if not gone:
                return Absence.UNREADABLE if unreadable else Absence.CHANGED
            self.forget()
        return Absence.CHANGED

    def path_of(self, base: str) -> str | None:
        """Give the first file of a base name, in any folder."""
        there = self._files_of(base)
        return there[0][1] if there else None

    def forget(self) -> None:
        """List the mailbox again next time."""
        self._listings.clear()

    def _candidates(self, copy: Wanted) -> list[tuple[str, str]]:
        there = self._files_of(os.path.basename(copy.file))
        return sorted(there, key=lambda one: (one[0] != copy.folder, one))

    def _files_of(self, base: str) -> list[tuple[str, str]]:
        """Give the files of a base name; none is only said where several lists of the mailbox have none.

        readdir(3) leaves open whether it gives a file that is renamed meanwhile, as each flag renames one.
        """
        for look in range(_LOOKS):
            if look == len(self._listings):
                self._listings.append(self._places.listing(self._mailbox))
            if there := self._listings[look].get(base):
                return there
        return []


def fits_header(copy: Wanted, hosts: frozenset[str]) -> Fits:
    """Tell whether bytes have the header that evidence saw."""
    return lambda content: header_hash(content, hosts) == copy.header_hash


def original(found: Found, tree: Tree) -> Original:
    """Give what a file holds and says."""
    folder = os.path.dirname(os.path.dirname(found.path))
    keywords = tree.start(f"{folder}/dovecot-keywords", _MOST)
    letters, named = named_flags(found.message.letters, keywords.decode("utf-8", "surrogateescape"))
    return Original(
        content=found.content,
        internal_date=found.message.modified,
        flags=tuple(sorted(_FLAGS[one] for one in letters if one in _FLAGS)),
        keywords=named,
        folder=found.folder,
    )


def letters_of(flags: tuple[str, ...]) -> str:
    """Give the letters of IMAP flags, in order, as file names have them."""
    return "".join(sorted(letter for letter, name in _FLAGS.items() if name in flags))
