"""An installation that serves two organisations, with people of both, and its commands."""

from cli.conftest import ask
from providers import TWO_ORGANISATIONS

PEOPLE = {
    "anna": ("postmaster",),
    "ben": ("officer",),
    "bram": ("postmaster@brand",),
    "bea": ("officer@brand",),
    "hana": ("helpdesk",),
}
EVA, FINN, BRANDED = "eva@example.net", "finn@example.net", "bo@brand.example"


class Installation:
    """In a folder; each command is somebody's."""

    def __init__(self, folder):
        self.file = folder / "postwarden.toml"
        self.file.write_text(TWO_ORGANISATIONS)
        for name, roles in PEOPLE.items():
            self.run("anna", "person", "add", name, *(f"--role={role}" for role in roles))

    def ask(self, who, *words):
        return ask(*words, "--as", who, "-c", self.file)

    def run(self, who, *words, status=0):
        answer = self.ask(who, *words)
        assert answer.status == status, answer
        return answer.out

    def hold(self, *accounts, reason="astray"):
        """Give the start of the plan's hash."""
        told = self.run("anna", "hold", *accounts, "--reason", reason)
        return told.split(" by plan ")[1].split(".")[0]
