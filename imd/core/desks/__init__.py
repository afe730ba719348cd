"""Desks: addresses answered by whoever of their agents is there; docs/desks.md is for those who use them.

A *conversation* is a person's talk with a desk::

        somebody writes                 an agent answers                !close, or the person
    ──────────────────────► RINGING ─────────────────────► TAKEN ──────────────────────────────► CLOSED
                               ▲                             │                                      │
                               ├── the agent is off, others are on, and the person writes ──────────┤
                               └── the agent serves no more ─┘        the person writes again ──────┘

While it rings every message goes to all agents who are rung, as copies under one id, each on a way of its own
(`imd.core.relay.copy_key`, `imd.core.trace.DeskWay`); its sender hears *accepted* with the first of them. What is not
confirmed is taken from the others once the agent who takes it has it. docs/decisions has why.

    desk            a desk, as a person among the people
    staff           the desks of the settings, who serves at them, and their presence
    conversation    a conversation and its messages: values, and how they are kept
    book            what of them is durable
    conversations   all conversations, and who is told of a change
    copies          one message and its copies: from being said to an outcome
    hearing         what is heard of copies: out of inboxes, and from agents' clients
    ringing         what is said to desks: whom it rings, and whom it reaches
    taking          taken, handed over, closed, left by who serves no more
    answering       what agents say to people with a conversation
    words           what agents say to desks: `!hand`, `!close` and the like
    notices         what desks say to agents
    service         all of it, for the hub and the doors
"""
