"""Reads the logs of Postfix and Dovecot into records.

Input: sets of log files (classic syslog, RFC 3339, Dovecot's own, journald's export; plain or
compressed; rotated). Output: the records of `sources.records`, each citing file and line.
Promise: bad input never raises; it becomes a `ProblemRecord`. Words that a sender or a remote
server put into a line never make a record and never change a field that this provider's servers
wrote.
"""
