"""Doors to real servers, one folder each: doveadm, SQL, LDAP.

Purpose: implement the ports of `sources` for servers that are asked over a socket or a command.
Input: settings. Output: rows and messages as the ports say.
Promise: nothing is changed there; every wait ends; errors name the server, never its password.
"""
