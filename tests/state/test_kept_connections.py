"""A kept connection and a database file that was moved away, or put there anew."""

import shutil

from django.db import connection

from postwarden.people.models import Identity
from postwarden.state.service import follow


def names():
    return sorted(Identity.objects.values_list("name", flat=True))


def test_a_kept_connection_goes_to_the_file_that_is_there(on_sqlite, tmp_path):
    Identity.objects.create(name="anna", full_name="Anna Example")
    connection.close()  # all of it is in one file
    assert names() == ["anna"]
    kept = connection.connection
    follow()
    assert connection.connection is kept
    name = connection.settings_dict["NAME"]
    shutil.copy(name, tmp_path / "copy")
    shutil.move(name, tmp_path / "away")
    shutil.move(tmp_path / "copy", name)
    follow()
    Identity.objects.create(name="ben", full_name="Ben Example")
    connection.close()
    assert names() == ["anna", "ben"]
    connection.settings_dict["NAME"] = str(tmp_path / "away")
    try:
        connection.close()
        assert names() == ["anna"]
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
