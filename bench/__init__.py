"""How fast Postwarden is, beside what else could do the work; `python -m bench [part...]`."""
