"""The full screen: layout, keys, completion. Draws what `drawing` makes of the desk."""

from collections.abc import Callable, Iterable
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import (
    BufferControl,
    Float,
    FloatContainer,
    HSplit,
    Layout,
    VSplit,
    Window,
)
from prompt_toolkit.layout.controls import UIContent, UIControl
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.styles import Style

from imd.client.terminal import drawing
from imd.client.terminal.commands import completions, execute, talk_number
from imd.client.terminal.commands.table import Mistake
from imd.client.terminal.desk import Desk
from imd.client.terminal.errands import Errands

#: Columns of the list at the left.
SIDE = 20


class Rows(UIControl):
    """A control that draws exactly the rows it is given for its size."""

    def __init__(self, draw: Callable[[int, int], list[drawing.Row]]) -> None:
        self._draw = draw
        self.height = 1

    def create_content(self, width: int, height: int) -> UIContent:
        self.height = height
        rows = self._draw(width, height)
        # prompt_toolkit's own type of a row is wider than ours.
        get_line: Any = rows.__getitem__
        return UIContent(get_line=get_line, line_count=len(rows), show_cursor=False)


class Names(Completer):
    """Commands, people, rooms."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        word = text.rpartition(" ")[2]
        for found in completions(self._errands, text):
            yield Completion(found + " ", -len(word), display=found)


class Screen:
    """The application; `run` ends when the person leaves."""

    def __init__(self, desk: Desk, errands: Errands, **terminal: Any) -> None:
        self._desk = desk
        self._errands = errands
        self._buffer = Buffer(
            completer=Names(errands), history=InMemoryHistory(), multiline=False, on_text_changed=self._typed
        )
        self._talk = Rows(lambda width, height: drawing.rows_of(desk, desk.current, width, height))
        self.application: Application[None] = Application(
            layout=Layout(self._layout()),
            key_bindings=self._keys(),
            style=Style.from_dict(drawing.STYLE),
            full_screen=True,
            after_render=lambda _: desk.shown(),
            **terminal,
        )
        self._title = ""

    async def run(self) -> None:
        # The reactor's signal handling is ours; prompt_toolkit still hears of a changed size.
        await self.application.run_async(handle_sigint=False)

    def changed(self) -> None:
        """Something is to be drawn, or it is time to leave."""
        if not self.application.is_running:
            return
        if self._desk.leaving is not None and not self.application.is_done:
            self.application.exit()
            return
        unread = self._desk.unread
        title = f"({unread}) imc" if unread else "imc"
        if title != self._title:
            self._title = title
            self.application.output.set_title(title)
        self.application.invalidate()

    def ring(self) -> None:
        """Somebody calls."""
        if self.application.is_running:
            self.application.output.bell()

    # ------------------------------------------------------------ layout

    def _layout(self) -> FloatContainer:
        desk = self._desk
        side = Rows(lambda width, height: drawing.side_rows(desk, width, height))
        prompt = BeforeInput(lambda: [("class:own", f"{desk.current.title}> ")])
        line = BufferControl(self._buffer, input_processors=[prompt])
        body = HSplit(
            [
                VSplit(
                    [
                        Window(side, width=SIDE),
                        Window(width=1, char="│", style="class:edge"),
                        HSplit([self._bar(drawing.title, "class:title"), Window(self._talk)]),
                    ]
                ),
                self._bar(drawing.status, "class:status"),
                Window(line, height=1),
            ]
        )
        menu = Float(CompletionsMenu(max_height=8), xcursor=True, ycursor=True)
        return FloatContainer(body, floats=[menu])

    def _bar(self, draw: Callable[[Desk, int], str], style: str) -> Window:
        return Window(Rows(lambda width, _: [[(style, draw(self._desk, width))]]), height=1, style=style)

    # ------------------------------------------------------------ keys

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        simple: dict[tuple[str, ...], Callable[[], None]] = {
            ("c-n",): lambda: self._step(1),
            ("c-p",): lambda: self._step(-1),
            ("c-right",): lambda: self._step(1),
            ("c-left",): lambda: self._step(-1),
            ("escape", "a"): self._unread,
            ("pageup",): lambda: self._scroll(1),
            ("pagedown",): lambda: self._scroll(-1),
            ("f1",): lambda: self._run("/help"),
            ("c-l",): self._clear,
        }
        for sequence, act in simple.items():
            keys.add(*sequence)(lambda event, act=act: act())
        for number in range(1, 10):
            keys.add("escape", str(number))(lambda event, number=number: self._number(number))
        keys.add("enter")(self._enter)
        keys.add("tab")(self._complete)
        keys.add("c-c")(self._cancel)
        keys.add("c-d")(self._end)
        return keys

    def _clear(self) -> None:
        self.application.renderer.clear()

    def _enter(self, event: KeyPressEvent) -> None:
        text = self._buffer.text
        if text.strip():
            self._buffer.append_to_history()
            self._buffer.reset()
            self._run(text.rstrip())

    def _run(self, line: str) -> None:
        try:
            execute(self._errands, line)
        except Mistake as mistake:
            self._desk.note(str(mistake))

    def _complete(self, event: KeyPressEvent) -> None:
        if self._buffer.complete_state:
            self._buffer.complete_next()
        else:
            found = completions(self._errands, self._buffer.document.text_before_cursor)
            if len(found) == 1:
                word = self._buffer.document.text_before_cursor.rpartition(" ")[2]
                self._buffer.delete_before_cursor(len(word))
                self._buffer.insert_text(found[0] + " ")
            elif found:
                self._buffer.start_completion(select_first=False)

    def _cancel(self, event: KeyPressEvent) -> None:
        if self._buffer.text:
            self._buffer.reset()
        else:
            self._desk.note("To sign off: /quit, or Ctrl-D.")

    def _end(self, event: KeyPressEvent) -> None:
        if self._buffer.text:
            self._buffer.delete()
        else:
            self._run("/quit")

    def _typed(self, buffer: Buffer) -> None:
        self._errands.typing(buffer.text)

    def _step(self, by: int) -> None:
        self._desk.step(by)
        self._errands.show(self._desk.current)

    def _unread(self) -> None:
        self._desk.next_unread()
        self._errands.show(self._desk.current)

    def _number(self, number: int) -> None:
        talk = talk_number(self._errands, number)
        if talk is not None:
            self._errands.show(talk)

    def _scroll(self, pages: int) -> None:
        talk = self._desk.current
        wanted = max(0, talk.scroll + pages * max(1, self._talk.height - 2))
        talk.scroll = wanted
        self.application.invalidate()
        if pages > 0 and talk is not self._desk.home and not talk.complete:
            self._errands.run(self._errands.history(talk))
