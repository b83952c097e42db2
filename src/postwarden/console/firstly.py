"""The link that sets the console up: known to who started it, and to nobody else."""

import hmac


def token(secret: str) -> str:
    """Give what the link holds: made from the console's secret, it is the same after a restart."""
    return hmac.digest(secret.encode(), b"set-up", "sha256").hex()[:40]


def is_first(given: str, secret: str) -> bool:
    """Tell whether somebody holds that link."""
    return hmac.compare_digest(given.encode(), token(secret).encode())
