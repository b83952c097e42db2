"""Cases: incidents from the first report to the last release, with all that is known of each.

Purpose: one place that says what happened, when, to whom, what was done about it and by whom.
Input: what people tell; findings that examinations hand in; reports from customers; what later rooms
    did to the accounts concerned. Output: frozen values, and signed bundles that anyone can check.
Promise: a change is there whole, with its entry in the ledger, or not at all. No reference is given
    twice and none is left out. Merging and splitting lose nothing, and old references lead to where
    things went. Subjects and bodies of mail are never kept.
"""
