"""Commands that use the state; Django is set up before their modules load."""

from postwarden.state.service import set_up

set_up()
