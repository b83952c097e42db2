"""Door to Pigeonhole's sieve-test: where an account's own filter would file a message.

Purpose: implements `Filing` of relocation (sieve-test(1), Pigeonhole 0.5).
Input: an account's active script, and a message. Output: a folder.
Promise: nothing of the script is carried out: nothing is sent, answered or stored. A script that does not
compile, takes too long, discards the message or sends it elsewhere has it filed in INBOX: it is not lost.
So has one that names a folder that cannot be, and one that looks at the envelope where the message has no
sender: sieve-test takes none. Where Postwarden is root, sieve-test runs as nobody from its start, on files
that it can read and not change.
"""

from postwarden.servers.sieve.filing import SieveFiling

__all__ = ["SieveFiling"]
