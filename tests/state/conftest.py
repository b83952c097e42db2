"""States are opened here as they are where nobody has opened one before."""

import pytest

from postwarden.state import database


@pytest.fixture(autouse=True)
def _upgraded_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_upgrade", database._upgrade.__wrapped__)  # type: ignore[attr-defined]
