"""The client for people: a full screen in the terminal.

::

    keys ─► screen ─► commands ─► Client (imd.client.library)
              ▲                      │
              └── drawing ◄── desk ◄─┘ events

- `talks`     a talk with a person or a room: its lines and their marks
- `desk`      everything the person has before her: talks, buddies, presence; hears the events of the client
- `commands`  what begins with a slash, by families, with the help that teaches it
- `wrapping`  text into the columns of a screen
- `drawing`   the desk as styled text
- `screen`    the prompt_toolkit application: layout, keys, completion
- `errands`   what takes a question to the server and its answer
- `room_news` what happens in rooms
- `start`     one sitting: sign on, show the screen, sign off

`desk`, `talks`, `commands`, `wrapping` and `drawing` need no terminal.
"""
