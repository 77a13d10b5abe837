"""The form that all templates share: name, visibility, save, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Generic, TypeVar

from custdyn_widgets.errors import CustdynError, QueryError
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import hidden, show
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.words import tr

if TYPE_CHECKING:
    from custdyn_widgets.store import Saved, TemplateStore

T = TypeVar("T")
VISIBILITY = {tr("Only me"): False, tr("Everyone"): True}


@dataclass(frozen=True)
class TemplateTexts:
    """What the parts are called; `deleted` says what can be done after that."""

    name: str
    shared: str
    add: str
    add_another: str
    deleted: str


class TemplateForm(Generic[T]):
    """Fields `name` and `shared`, buttons `add`, `change` and `delete`, and a line `said`.

    `shelf` is where templates are kept, `kept` gives what the rest of the form holds (it raises
    QueryError), `filled` is called with the template that is shown from now on, None for a new
    one; `on_error` receives unforeseen errors in one line. Only the owner of a template can
    change or delete it, and what somebody else has changed meanwhile is not overwritten.
    """

    def __init__(
        self,
        words: TemplateTexts,
        *,
        shelf: Callable[[], TemplateStore[T]],
        kept: Callable[[], T],
        filled: Callable[[Saved[T] | None], None],
        on_error: Callable[[str], None],
    ) -> None:
        self.opened: Saved[T] | None = None
        self.gone: Saved[T] | None = None
        """What was deleted last, and is not back yet."""
        self._words, self._shelf, self._kept, self._filled = words, shelf, kept, filled
        self.name = basic.text_field(description=words.name, continuous_update=False)
        self.shared = basic.dropdown(
            [(label, str(shared)) for label, shared in VISIBILITY.items()], description=words.shared
        )
        self.add = Button(self._added, on_error, label=words.add, icon="save")
        self.change = hidden(Button(self._changed, on_error, label=tr("Save changes")))
        self.delete = hidden(Button(self._deleted, on_error, label=tr("Delete")))
        self.said = basic.html("", "custdyn-said")

    @property
    def mine(self) -> bool:
        """Whether the template that is shown is the reader's own."""
        return self.opened is not None and self.opened.owner == self._shelf().user

    def fill(self, saved: Saved[T] | None) -> None:
        """Shows a template; None: a new one."""
        self.opened = saved
        if self.gone is not None and saved is not None and saved.id == self.gone.id:
            self.gone = None
        self.name.value = saved.name if saved else ""
        self.shared.value = str(bool(saved and saved.shared))
        self.add.label = self._words.add_another if saved else self._words.add
        mine = saved is not None and self.mine
        for button in (self.change, self.delete):
            show(button, mine)
        self.say("")
        self._filled(saved)

    def attempt(self, act: Callable[[], Saved[T] | None], done: str) -> None:
        """Does something with a template, shows what it gives, and says `done`, or why not."""
        try:
            saved = act()
        except QueryError as error:
            faults = "; ".join(f"{fault.field}: {fault.what}" for fault in error.faults)
            self.say(tr("The form is not right. {faults}", faults=faults), fault=True)
        except CustdynError as error:
            self.say(str(error), fault=True)
        else:
            self.fill(saved)
            self.say(done)

    def say(self, words: str, *, fault: bool = False) -> None:
        """Says something in the line."""
        role = "alert" if fault else "status"
        self.said.value = f'<span role="{role}">{escape(words)}</span>' if words else ""

    def restore(self) -> None:
        """Brings back what was deleted last."""
        gone = self.gone
        if gone is not None:
            self.attempt(
                lambda: self._shelf().restore(gone), tr("Back again: {name}.", name=gone.name)
            )

    def _is_shared(self) -> bool:
        return bool(self.shared.value == "True")

    def _added(self) -> None:
        self.attempt(
            lambda: self._shelf().add(self.name.value, self._kept(), shared=self._is_shared()),
            tr("Saved."),
        )

    def _changed(self) -> None:
        opened = self.opened
        if opened is not None:
            self.attempt(
                lambda: self._shelf().change(
                    opened, name=self.name.value, kept=self._kept(), shared=self._is_shared()
                ),
                tr("Saved."),
            )

    def _deleted(self) -> None:
        opened = self.opened
        if opened is None:
            return
        name, shared = self.name.value, self.shared.value

        def delete() -> None:
            self._shelf().delete(opened)
            self.gone = opened

        self.attempt(delete, self._words.deleted.format(name=opened.name))
        if self.opened is None:  # to be saved again, if that was wrong
            self.name.value, self.shared.value = name, shared
