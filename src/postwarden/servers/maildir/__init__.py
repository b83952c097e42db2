"""Door to Maildirs, by the Maildir protocol, beside a Dovecot that runs (or without one).

Purpose: implements `Route` of relocation on the files of a store.
Input: a store of the driver "maildir". Output: copies read, delivered and removed.
Promise: a message is written whole and synced where nobody looks for it (the folder `postwarden` of the
mail directory, which Maildir++ ignores), and comes into the mailbox by one rename(2), so that it has
either arrived or not, whatever fails. Nothing is written in place: other names of a file, which Dovecot
makes by hard links, keep their bytes. Source: maildir(5); Dovecot's documentation, "Maildir".
"""

from postwarden.servers.maildir.route import MaildirRoute

__all__ = ["MaildirRoute"]
