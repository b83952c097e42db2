"""Holds: accounts that nobody logs in to while their mail keeps arriving, and legal preservation.

Purpose: held means held, on IMAP, POP3, submission and ManageSieve, and what was open ends.
Input: plans of custody; the doors to Dovecot. Output: a small file a host that the servers read (the
    projection), and effects on live sessions and redirects that a worker carries out.
Promise: a hold is kept, recorded and due for its effects in one transaction; stopped anywhere, a plan
    goes on where it was. The servers refuse from the projection alone, also while Postwarden is down.
    Effects bear repetition: each looks first, and only ever touches accounts that are held or were.
"""
