"""Maildir++ stores, read and never written.

Purpose: find the mailboxes a path template names, and give one record for each stored message.
Input: `StoreSettings`, `Provider`; directories of unknown content. Output: `CopyRecord`,
`ProblemRecord`.
Promise: nothing of the provider changes, access times included (where the kernel refuses O_NOATIME
to this user, that is reported once a mailbox). What cannot be read is a problem record or a copy
with a state, and stops nothing.
"""
