"""The settings of imd, as types.

    values.py      times and sizes: "5 ms", "16 KiB"
    listeners.py   endpoint strings to typed listeners
    field.py       what stands beside the type of a setting
    limits/        the section `limits`
    sections/      all other sections
    model.py       Settings: all of them joined
    catalogue.py   all settings as one table; explain(key)
    locate.py      in which line of a TOML text a key stands
    error.py       SettingsError: what is wrong, where, and what is allowed
    rules.py       what one setting demands of another
    web_rules.py   the same of sites, their keys, and desks
    broken.py      how a rule says that it is broken
    load.py        file and overrides to Settings
    reload.py      what changed, and when it takes effect
    template.py    writes conf/imd.toml, conf/redis.toml and docs/settings.md

         TOML file, --set ──► load ──► rules ──► Settings ──► assembly
                               │ ▲                  │
                     locate ◄──┘ └── catalogue      └──► reload.compare(old, new) ──► Changes

Nothing here knows Twisted or any other part of imd.
"""
