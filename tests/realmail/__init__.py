"""A private Postfix and Dovecot on loopback, and a provider's day played on them.

`pair.MailPair` starts and stops the servers, `scenario.play` drives them and writes a provider tree
with `truth.jsonl`. Nothing of the machine's own mail services is read or changed.
"""
