"""A simulated provider whose truth is known.

Purpose: real cases of misdelivery are rare and private, so finders of misdelivered mail are
tested, and people trained, on a provider that never was. A world plays one day of Postfix 3.7 and
Dovecot 2.3.19 in virtual time: acceptance, alias expansion, queue, LMTP, Sieve, IMAP and POP3
sessions, an operator's migrations and restores. The tables the servers used may differ from those
intended.

Input: the name of a world, counts, a seed, perhaps a folder of real messages.
Output: `OUT`, a provider tree with its postwarden.toml (`vmail/`, `log/`, `directory/`; after an
alias fault also `directory/virtual.faulty`), and beside it `OUT-truth.jsonl`.
Promise: equal arguments give equal bytes. Nothing is shared with the rooms that are tested on it:
only the standard library is imported. Formats are those of real servers run for this purpose,
except `dsync-server` lines, which are written as remembered.

The truth has one row a copy stored, or removed but logged as stored by LMTP (`gone`), with:

account, folder, file: where it lies; folder under its IMAP name with "/", file below the account's
    Maildir, cut at ":2,"; for a copy that is gone, where it was last.
message_id: of the content, None when it has none.
verdict: rightful, own, misdelivered or crossed, as it really was. A copy that a wrong holder made
    of a misdelivered one is misdelivered too. An operator's right migration is rightful.
allowed: the verdicts that a careful finder may give from the files given. `unexplained` where the
    proofs are lost; `own` or `rightful` where a holder copied rightful mail within the account.
provable: all of `proofs` survive in the files given: then the finder must find the verdict. How
    each proof is computed is described in `proofs`. With whole logs everything delivered by LMTP
    is provable; with a hole, what the other logs or the stored headers still prove; without logs,
    what was alone in its LMTP transaction and accepted with a single recipient.
rightful: the accounts it was meant for.
original_recipient, original_recipients: as given at acceptance, before any filter; all that were
    folded into this copy. For mail that Sieve redirected, those of the second acceptance, unless a
    wrong holder redirected it; for that, and for mail an operator sent again, those of the first.
queue_id: of the queue file that went to the store. delivered_at: time of the LMTP delivery.
has_rightful_copy: of a misdelivered copy: all rightful accounts hold this message now; else None.
exposure: what was really done to this copy, or the one it is a link of.
recorded: what of it the logs given still say.
opened: what a finder should say: true when recorded (a download counts) or shown by the
    Seen flag, false when it was not and exported events are whole since delivery, else None.
second_hand: reached this mailbox by a holder's redirect or copy of a misdelivered one.
other_message: of a crossed copy, the Message-ID of the message whose content it is.
put_by: lmtp, holder, operator (a master user, dsync), files (below the servers).
"""

from postwarden.drills.simulated.engine import LOG_CONDITIONS, simulate, truth_path
from postwarden.drills.simulated.truth import Row, Truth
from postwarden.drills.simulated.worlds import WORLDS, World

__all__ = ["LOG_CONDITIONS", "WORLDS", "Row", "Truth", "World", "simulate", "truth_path"]
