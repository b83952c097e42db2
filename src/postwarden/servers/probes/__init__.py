"""Door to the servers as mail programs see them: logging in, and handing in mail.

Purpose: implements `Clients` of the doctor, over IMAP (RFC 3501), POP3 (RFC 1939), ManageSieve (RFC 5804),
submission with AUTH (RFC 6409, RFC 4954), SMTP and LMTP (RFC 2033).
Input: a door, an account and its password, or a message. Output: what the server said.
Promise: nothing is raised for what a server or the network does, and every answer has its time. TLS is used
where it is offered, and checked but on loopback, where nobody is between.
"""

from postwarden.servers.probes.clients import MailPrograms

__all__ = ["MailPrograms"]
