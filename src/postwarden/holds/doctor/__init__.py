"""The doctor: proves on the live servers that held means held, and names what no probe can prove.

Purpose: one throw-away account is held and released as any other, while clients try every way in.
Input: the account and the doors of [doctor]; what Dovecot's and Postfix's configuration say.
Output: steps with what became of each, and findings with what to do.
Promise: nothing but the throw-away account is changed. However a run ends, the account is released and
    the probe messages are removed at its end; after a kill, by the next run, first of all.
"""
