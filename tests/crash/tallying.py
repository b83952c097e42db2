"""What should lie in mailboxes held against what does."""


def tallied(there, arrives):
    """Say what lacks, lies there twice, or is gone.

    `there` counts what lies there, less what stays; `arrives` gives, for each delivery, whom it is for, in
    words, and all forms in which it may have come.
    """
    found = []
    for whom, fitting in arrives:
        one = next((one for one in fitting if there[one] > 0), None)
        if one is None:
            found.append(whom)
        else:
            there[one] -= 1
    found += [f"{count} too many: {one}" for one, count in there.items() if count > 0]
    return found + [f"is gone: {one}" for one, count in there.items() if count < 0]
