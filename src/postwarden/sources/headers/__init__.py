"""Header bytes in, the facts that prove a delivery out.

Purpose: read from a message's first bytes the fields evidence keeps, and tell which of its trace
lines this provider's own hosts wrote.
Input: bytes of unknown origin; no file is opened here. Output: frozen values.
Promise: never raises for any bytes, and takes time linear in their number. Values equal those of
`email.parser.BytesHeaderParser`, with these rules on top: lines end at LF or CR LF only (as Postfix
and Dovecot read them), folded lines are joined by removing the line break, outer white space is
removed, and bytes that are not UTF-8 become U+FFFD.
"""
