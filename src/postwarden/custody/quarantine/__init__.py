"""The quarantine: copies taken out of mailboxes, encrypted, until they are restored or their time is up.

Purpose: what is removed from a mailbox can be put back, and nobody reads it in between.
Input: copies with what was removed with them. Output: objects, one a file, and what the ledger records
    of them; copies again, for whoever has a private key of the installation.
Promise: an object that was put is whole on the disk, and stays so until its retention ends or the key of
    its case is destroyed, both of which are on record. Keeping needs no private key.
"""
