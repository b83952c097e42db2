"""Drills: a private provider, and the incidents to practise on it.

Nothing here is used in operation. Each package makes a provider tree or starts a private provider
on loopback, so that people and tests can work on an incident whose truth is known.
"""
