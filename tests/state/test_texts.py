"""Long texts of rows, read in pieces: as they are kept, whatever the database."""

import pytest
from django.db import connection

from postwarden.custody.models import PlanRow
from postwarden.state.service import in_pieces

PIECE = 1 << 18
TEXTS = ["", "short", "ü€😀" * PIECE, "x" * PIECE, "x" * (PIECE - 1) + "é", "a\u2028b" * 100]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.usefixtures("state")
def test_pieces_are_the_text(text):
    PlanRow.objects.create(hash="a" * 64, case="", text="another", stage="frozen")
    PlanRow.objects.create(hash="b" * 64, case="", text=text, stage="frozen")
    deferred = PlanRow.objects.defer("text").get(hash="b" * 64)
    read = PlanRow.objects.get(hash="b" * 64)
    for row in (deferred, read):
        pieces = list(in_pieces(row, "text"))
        assert "".join(pieces) == text
        assert max(map(len, pieces), default=0) <= PIECE
    assert "text" in deferred.get_deferred_fields()


@pytest.mark.usefixtures("state")
def test_of_a_row_that_is_gone_there_is_nothing():
    PlanRow.objects.create(hash="a" * 64, case="", text="text", stage="frozen")
    row = PlanRow.objects.defer("text").get()
    PlanRow.objects.all().delete()
    assert "".join(in_pieces(row, "text")) == ""


@pytest.mark.usefixtures("on_sqlite")
def test_what_is_no_text_any_more_is_read_as_another_one():
    """Whoever changes a plan's text by hand can write bytes that are none."""
    PlanRow.objects.create(hash="a" * 64, case="", text="text", stage="frozen")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE custody_plan SET text = CAST(x'ff00fe' AS TEXT)")
    assert "".join(in_pieces(PlanRow.objects.defer("text").get(), "text")) != "text"
