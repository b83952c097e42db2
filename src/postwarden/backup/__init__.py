"""Backups: an installation as a folder of files with hashes, and back.

Purpose: after the loss of a disk or a mistake, the desk goes on from where the backup was made.
Input: the state, the quarantine, the evidence and the settings of an installation that goes on working.
Output: a folder with a manifest; from it, an installation where none was.
Promise: a folder under its name is whole; a backup that was killed leaves `NAME.partial`, which is no
    backup. What is put back was checked hash by hash before; nothing that is there is overwritten; put back
    and killed at any point, it is put back by the same command given again. Secrets are in no backup: its
    manifest names those it needs.
"""
