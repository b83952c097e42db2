"""The address directory: who an address is meant for, as the provider's own tables say.

Purpose: read the tables that Postfix and Dovecot look addresses up in (`reading`), and answer where
a mail to an address is meant to arrive (`resolver`), as the servers would have answered.
Input: text tables, CSV, rows of SQL and LDAP servers (by the `TableServer` port); read-only.
Output: `EntryRecord`, `ProblemRecord`, `Resolution`, `DirectoryRecord`.
When it fails: a broken line, an unreadable table, a loop becomes a problem with file and line; the
rest is read and resolved all the same. Nothing of the provider's files changes, not even the atime.
"""
