"""Which Sieve script is active after a hold: the one that was, or the one that its holder chose."""

EVA, FINN = "eva@example.net", "finn@example.net"


def release(desk, key):
    desk.approve(desk.plan_release(EVA), key)


def test_of_an_account_unknown_when_held_no_script_is_made_active(quick_desk, quick_key, dovecot):
    dovecot.strange = {EVA}
    quick_desk.hold(EVA)
    quick_desk.align()
    dovecot.strange, dovecot.boxes = set(), {EVA: ({"away", "main"}, None)}
    release(quick_desk, quick_key)
    quick_desk.align()
    assert dovecot.boxes[EVA][1] is None
    assert quick_desk.desk.pending() == []


def test_an_account_unknown_once_is_suspended_and_restored_when_held_again(
    quick_desk, quick_key, dovecot
):
    dovecot.strange = {EVA}
    quick_desk.hold(EVA)
    quick_desk.align()
    release(quick_desk, quick_key)
    dovecot.strange, dovecot.boxes = set(), {EVA: ({"main"}, "main")}
    quick_desk.hold(EVA)
    for _ in range(3):
        quick_desk.align()
    assert dovecot.boxes[EVA][1] is None
    release(quick_desk, quick_key)
    quick_desk.align()
    assert dovecot.boxes[EVA][1] == "main"


def test_what_the_holder_chose_since_the_release_stays(quick_desk, quick_key, dovecot):
    dovecot.boxes = {EVA: ({"new", "old"}, "old")}
    quick_desk.hold(EVA)
    quick_desk.align()
    release(quick_desk, quick_key)
    dovecot.boxes[EVA] = ({"new", "old"}, "new")
    quick_desk.align()
    assert dovecot.boxes[EVA][1] == "new"
    assert "hold.filters-left" in quick_desk.acts()
    assert "hold.filters-restored" not in quick_desk.acts()


def test_what_the_holder_chose_is_restored_after_the_next_hold(quick_desk, quick_key, dovecot):
    dovecot.boxes = {EVA: ({"new", "old"}, "old")}
    quick_desk.hold(EVA)
    quick_desk.align()
    release(quick_desk, quick_key)
    dovecot.boxes[EVA] = ({"new", "old"}, "new")
    quick_desk.hold(EVA)  # before the worker came to it
    for _ in range(3):
        quick_desk.align()
    assert dovecot.boxes[EVA][1] is None
    release(quick_desk, quick_key)
    quick_desk.align()
    assert dovecot.boxes[EVA][1] == "new"
