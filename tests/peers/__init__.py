"""Real clients that people use, against a real daemon: irssi, WeeChat, irc-framework, and imd's own imc.

They are installed programs with a home folder of their own; nothing of them is replaced. They are told what to do as
a person would tell them, and what they show is read from the logs they write. Where one is missing the tests fail and
name the package; they are never skipped.

peer      what every client can do: start, be told, show, end
irssi     irssi, in a tmux of its own
weechat   weechat-headless, by its FIFO plugin
framework irc-framework under node, of which The Lounge is made
cable     between a client and the daemon, to be pulled
imc       imc in a pipe
case      a daemon with people in it, and clients that are ended whatever happens
"""
