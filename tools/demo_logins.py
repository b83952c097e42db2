#!/usr/bin/env python3
"""Log in by IMAP to accounts of a lab, each with its password, and print what the server says.

tools/demo_logins.py LAB ACCOUNT…
"""

import imaplib
import sys

from postwarden.drills.lab.service import HOST, status

lab = status(sys.argv[1])
for account in sys.argv[2:]:
    session = imaplib.IMAP4(HOST, lab.ports.imap, 20)
    try:
        session.login(account, lab.passwords[account])
        print(f"IMAP login of {account}: OK")
    except imaplib.IMAP4.error as error:
        print(f"IMAP login of {account}: refused: {error}")
    session.shutdown()
