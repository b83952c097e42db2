"""Text of others, as every database takes it."""


def kept(text: str) -> str:
    """Give text without what PostgreSQL and UTF-8 refuse: NUL and lone surrogates become visible."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
