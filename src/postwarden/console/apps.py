"""What Django starts the console with."""

from django.apps import AppConfig


class Console(AppConfig):
    """The console, which hears of every sign-in from the beginning on."""

    name = "postwarden.console"

    def ready(self) -> None:
        """Listen."""
        from postwarden.console import lasting, noting  # noqa: F401, PLC0415  # have receivers, need models
