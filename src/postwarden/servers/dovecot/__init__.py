"""Door to what is live in Dovecot: sessions, login caches and active Sieve scripts; and to its settings.

Purpose: implements `MailControl` of holds, and `Mailboxes` of the doctor, by doveadm's HTTP API (Dovecot's
documentation, "Doveadm HTTP API"), measured on Dovecot 2.3.19 with Pigeonhole 0.5.19; reads what doveconf
prints.
Input: URL and key of each Dovecot; the path of dovecot.conf. Output: what it says, as values.
Promise: acts on the accounts named and on nobody else: a session is ended by its user's name alone, and
never where Dovecot would take the name for a pattern. What was asked and not answered may have been done.
"""

from postwarden.servers.dovecot.control import DovecotControl
from postwarden.servers.dovecot.mailboxes import DovecotMailboxes
from postwarden.servers.dovecot.settings import DovecotMissing, dovecot_facts

__all__ = ["DovecotControl", "DovecotMailboxes", "DovecotMissing", "dovecot_facts"]
