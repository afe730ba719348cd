"""Real clients that people use, against a real daemon: irssi, WeeChat, and imd's own imc.

They are installed programs with a home folder of their own; nothing of them is replaced. They are told what to do as
a person would tell them, and what they show is read from the logs they write. Where one is missing the tests fail and
name the package; they are never skipped.

peer      what every client can do: start, be told, show, end
irssi     irssi, in a tmux of its own
weechat   weechat-headless, by its FIFO plugin
imc       imc in a pipe
case      a daemon with people in it, and clients that are ended whatever happens
"""
