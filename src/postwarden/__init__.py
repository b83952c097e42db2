"""Postwarden, the incident desk of an e-mail provider."""
