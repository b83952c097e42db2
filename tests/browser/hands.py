"""People at a browser: they know what is written on it, and nothing else.

Every element is found by its role and its words, as a screen reader would tell them. What is not there by
these names is a fault of the console.
"""

import re
from abc import ABC, abstractmethod
from datetime import datetime

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
DESK, PHONE = (1400, 900), (390, 844)
"""Width and height of the window, in pixels."""
PASSWORD = "correct horse battery"
PATIENCE = 90_000.0
WORK = 120_000.0
TABS = 400
NUMBER = r"(?<![\d,.])(\d[\d,.]*)(?!\d)"
WITHIN = r"(?<!\w){}(?!\w)"
"""Words that stand in a sentence, none of them cut."""
KEYS = {"Today": "gt", "Cases": "gc", "Accounts": "ga", "Evidence": "ge"}
"""As the page of shortcuts lists them."""
FOCUS = """(element) => {
  if (document.activeElement !== element) return null;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return [outlined, box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth];
}"""


class Person(ABC):
    """Somebody with a browser and a passkey of their own.

    Attributes:
        name: they sign in by.
        page: they look at.
        complaints: what the browser complained of.
    """

    def __init__(
        self, browser: Browser, name: str, address: str, size: tuple[int, int] = DESK
    ) -> None:
        self.name = name
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=address, viewport={"width": size[0], "height": size[1]}, locale="en-US"
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda one: self._heard(one.type, one.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        session = self.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def come(self, invitation: str) -> None:
        """Follow a link that lets one in, and set up a password, a passkey, and what signs approvals."""
        self.page.goto(invitation)
        self.write("New password", PASSWORD)
        self.press("Set this password")
        self.write("Username", self.name)
        self.write("Password", PASSWORD)
        self.press("Sign in")
        self.follow("Add a passkey")
        self.write("Name", "laptop")
        self.tick("Passwordless")
        self.press("Add")
        self.write("Password", PASSWORD)
        self.press("Confirm")
        self.sees("Recovery Codes")

    def enrol(self) -> None:
        """Let one's passkey sign approvals."""
        self.follow("Let a passkey sign your approvals first")
        self.press("Let it sign approvals")
        self.sees("From now on this passkey signs your approvals.")

    def sees(self, words: str) -> None:
        """Wait until something is written on the page."""
        expect(self.page.get_by_text(_pattern(words, WITHIN)).first).to_be_visible(timeout=PATIENCE)

    def sees_later(self, words: str) -> None:
        """Wait until work that goes on is told to be so far."""
        expect(self.page.get_by_text(_pattern(words, WITHIN)).first).to_be_visible(timeout=WORK)

    def comes_to(self, stage: str) -> None:
        """Wait until a plan has come to a stage, called exactly so where it says how far it is."""
        far = self.page.get_by_role("region", name="How far it is", exact=True)
        expect(far.get_by_text(stage, exact=True)).to_be_visible(timeout=WORK)

    @abstractmethod
    def press(self, name: str) -> None:
        """Press a button."""

    @abstractmethod
    def follow(self, name: str, *, within: str = "") -> None:
        """Follow a link: the first that is called so, or that within a named part of the page."""

    @abstractmethod
    def write(self, label: str, text: str) -> None:
        """Write into a field."""

    @abstractmethod
    def tick(self, label: str) -> None:
        """Tick a box."""

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=_pattern(name)).first

    def link(self, name: str, within: str) -> Locator:
        part = self.page.get_by_role("navigation", name=within) if within else self.page
        return part.get_by_role("link", name=_pattern(name)).first

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(re.compile(f"^{re.escape(label)}:?$"))

    def box(self, label: str) -> Locator:
        return self.page.get_by_role("checkbox", name=_pattern(label, "^{}")).first


class ByMouse(Person):
    """Somebody who points at things."""

    def press(self, name: str) -> None:
        self.button(name).click()

    def follow(self, name: str, *, within: str = "") -> None:
        self.link(name, within).click()

    def write(self, label: str, text: str) -> None:
        self.field(label).fill(text)

    def tick(self, label: str) -> None:
        self.box(label).check()


class ByKeyboard(Person):
    """Somebody without a mouse: with Tab, Enter, Space, and the keys that the console lists."""

    def press(self, name: str) -> None:
        self._reach(self.button(name))
        self.page.keyboard.press("Enter")

    def follow(self, name: str, *, within: str = "") -> None:
        if name in KEYS and not within:
            self.page.get_by_role("main").wait_for()
            for key in KEYS[name]:
                self.page.keyboard.press(key)
            return
        self._reach(self.link(name, within))
        self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        field = self.field(label)
        self._reach(field)
        if field.get_attribute("type") == "datetime-local":
            self._write_time(text)
            assert field.input_value() == text
        else:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(text)

    def tick(self, label: str) -> None:
        box = self.box(label)
        self._reach(box)
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def _reach(self, wanted: Locator) -> None:
        """Press Tab until something has the focus, and can be seen to have it."""
        wanted.wait_for()
        for _ in range(TABS):
            state = wanted.evaluate(FOCUS)
            if state is not None:
                assert state == [True, True], f"{wanted}: outlined, within the window: {state}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{wanted}: not reached by Tab")

    def _write_time(self, text: str) -> None:
        """Write a time into its segments, as Chromium has them in English (US)."""
        at = datetime.fromisoformat(text)
        self.page.keyboard.type(f"{at:%m%d%Y}")
        self.page.keyboard.press("ArrowRight")
        self.page.keyboard.type(f"{at:%I%M%S%p}")


def _pattern(words: str, form: str = r"^{}(?: [\d,.]+)?$") -> re.Pattern[str]:
    """Let "{n}" stand for any number, the same one each time; a count may follow what is pressed and followed.

    In the terms that JavaScript has, too: the browser looks for it.
    """
    first, *rest = re.escape(words).split(r"\{n\}")
    if rest:
        first += rf"{NUMBER}{rest.pop(0)}"
    written = r"\1".join([first, *rest]).replace(r"\{id\}", "[0-9a-f]+")
    return re.compile(form.replace("{}", written))
