"""Who may sign on: SCRAM, passwords, certificates, tokens, registration; and any Twisted checker as user database.

front          `CredentialsFront`, what doors ask (imd.core.ports.Credentials)
rules          the settings that matter here
attempt        one attempt to sign on
passwords      what is kept of them: verifiers, made and written
portal         twisted.cred: Portal, realms, our own checker; the way of every password in the clear
scram          the server's end of SCRAM-SHA-256, verifiers, decoys for names nobody has (pure)
exchange       one SCRAM conversation over the account store
hashing        PBKDF2 in threads of its own, with a bounded queue
throttle       growing delays after failures, per account and per address
tokens         resume tokens and invitations, kept as digests
operators      who may operate the service
gateways       who may say whose connection they pass on (IRC WEBIRC)
registration   who may register, and how often
visiting       visitors of sites: their names, and the secret by which they come back
site_tokens    JWT in which a site says who its member is
membership     which account that is, and what it is made of

::

    door ─► front ─► throttle ─┬─ plain ────► portal ─► checker ─► hashing     (or a foreign checker)
                               ├─ scram ────► exchange ─► scram
                               ├─ external ─► core.accounts
                               ├─ token ────► tokens
                               └─ bearer ───► site_tokens ─► membership
          └► visiting
"""
