"""The console: where the incident desk works, in a browser.

Purpose: everything that the rooms can do, for people on call, officers, counsel and helpdesks.
Input: HTTP requests of people who signed in. Output: pages, and the same acts as the command line's.
Promise: a page shows only what its reader may read, and a request does what its button said or says
    why not; what was kept is told. Nothing is kept here but sessions and means to sign in.
"""
