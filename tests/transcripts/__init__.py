r"""Conversations of people with a daemon, as short files anybody can read; each is a test of its own.

``tests/transcripts/FAMILY/NAME.txt`` is the test ``tests.transcripts.test_transcripts.FamilyTests.test_name`` (a dash
is an underscore there). It runs on a whole daemon in memory, whose time stands still unless the file lets it pass. A
file is read from top to bottom::

    # Comments are whole lines. The first one says what the test shows; references to standards stand where they apply.
    set limits.status_length = 20           a setting (TOML), before anybody comes
    store memory                            instead of SQLite
    account alice secret                    an account and its password
    account alice is suspended              by an operator, who ends her sessions, too

    alice signs on                          welcomed: with the account of her name by SASL, or else as a guest
    bob signs on with server-time setname   the same with capabilities
    phone signs on as alice with batch      another connection, with the nick (and account) of somebody else
    carol connects                          no more than that; also: carol connects by TLS, … from 192.0.2.7,
                                            … with certificate c0ffee, and these together
    alice, bob: JOIN #house                 they send it, one after the other
    (alice: AWAY :lunch)                    she sends it, and what comes of it is nobody's business here
    alice~ JOIN #ho                         she sends just these bytes, without the end of a line
    alice< :alice!*@* JOIN #house           she gets this
    alice< 366 alice #house *
    bob< nothing                            he has got no more than was read above
    alice< ...                              any number of lines, up to the next that is given (or all there are)
    + 5 seconds                             time passes (seconds, minutes, hours, days)
    bob is cut off                          his connection breaks
    alice is gone                           the daemon has closed her connection
    alice does not answer PING              which all do by themselves otherwise; the PINGs are then lines she gets
    now irc.motd = "hi"                     a setting while the daemon runs (a reload)
    the daemon restarts                     on the same store; everybody is cut off

    dave signs on by native                 at the native door: an account, at a client called imc
    dave says away: lunch                   his presence (available, away, extended-away, busy, invisible)
    dave writes bob: hello                  a message of his; his own events are not lines and need not be read
    dave signs off
    alice and dave are friends              mutual contacts; ``alice and dave share`` their locations besides

**Nothing may be left over**: whatever happens next, every line that everybody has got must have been read. Those of
``signs on``, ``(…)`` and "are friends" are dropped, for everybody.

**How lines are compared.** Parameters are compared one by one, so it does not matter whether the last has a colon.

* ``*`` stands for any text, also none, and ``...`` as the last parameter for all that follow. ``\*`` is an asterisk.
* ``{name}`` stands for any text (not empty) the first time; after that it is that text, here and in what people send.
  ``{=name}`` in what is sent is its base64, so is ``{=text}`` of any text that is no name.
* ``{300 x}`` is ``x`` three hundred times. ``\xNN`` is a byte, ``\r \n \t \\ \{`` are what they are elsewhere.
* A pattern without a source is a line of the server: its own name, or none, stands before it.
* ``@time=*;account=bob`` are all the tags of the line, in any order; with ``...`` among them there may be others. A
  pattern without tags is a line without tags.

    script      text → steps
    matching    patterns → do they match a line
    stage       steps, played by people on a `tests.protocols.irc.world.World`
    test_transcripts    one test method for each file
"""
