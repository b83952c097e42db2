"""A private provider on loopback: a Postfix and a Dovecot of its own, with people and their mail.

Purpose: what Postwarden does to running servers is practised, tested and shown on real ones, and
never on those that people rely on.
Input: a folder, and how mail is stored.
Output: below that folder alone, two servers that run until they are stopped, `postwarden.toml`,
`accounts.csv`, and a `Lab` value with every port, login and process id.
Promise: no service of the machine is read, changed or signalled, and no mail leaves: the private
Postfix knows no way out. What runs is kept and what does not is started, also after a kill -9 or a
reboot: a process counts as the lab's only if its command line names the lab's folder. Mail, tables
and postwarden.toml, once there, are never overwritten (postwarden.toml: unless it is as it was
written here).

Layout of the folder: `postwarden.toml`, `accounts.csv` and `lab.json` (mode 0600), `tables/` (the
address tables as intended), `postfix/` and `dovecot/` (configuration, with the address tables as
Postfix has them), `log/`, `vmail/`, `queue/`, `data/`, `run/`, `pid/`.
"""
