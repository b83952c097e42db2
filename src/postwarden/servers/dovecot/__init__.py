"""Door to what is live in Dovecot: sessions, login caches, Sieve scripts, mailboxes; and to its settings.

Purpose: implements `MailControl` of holds, `Mailboxes` of the doctor and `Route` of relocation, by
doveadm's HTTP API (Dovecot's documentation, "Doveadm HTTP API"), measured on Dovecot 2.3.19 with
Pigeonhole 0.5.19, and for the bytes of messages by IMAP as an account of Postwarden's own; reads what
doveconf prints.
Input: URL and key of each Dovecot; the path of dovecot.conf. Output: what it says, as values.
Promise: acts on the accounts named and on nobody else: a session is ended by its user's name alone, and
never where Dovecot would take the name for a pattern. What was asked and not answered may have been done.
"""

from postwarden.servers.dovecot.control import DovecotControl
from postwarden.servers.dovecot.mailboxes import DovecotMailboxes
from postwarden.servers.dovecot.opening import dovecot_route
from postwarden.servers.dovecot.route import DovecotRoute
from postwarden.servers.dovecot.scripts import DovecotScripts
from postwarden.servers.dovecot.settings import DovecotMissing, dovecot_facts

__all__ = [
    "DovecotControl",
    "DovecotMailboxes",
    "DovecotMissing",
    "DovecotRoute",
    "DovecotScripts",
    "dovecot_facts",
    "dovecot_route",
]
