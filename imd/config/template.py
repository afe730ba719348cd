"""The model written out for people: `conf/imd.toml`, `conf/redis.toml` and `docs/settings.md`.

    python -m imd.config.template > conf/imd.toml
    python -m imd.config.template redis > conf/redis.toml
    python -m imd.config.template docs > docs/settings.md

A test compares the files with what is written here.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from typing import Final

import msgspec

from imd.config.catalogue import Setting, as_toml, catalogue, sections

_WIDTH: Final = 100

_TOML_HEAD: Final = """\
# Settings of imd. Every setting is here with its default, switched off by the "#" before it:
# take the "#" away to change one. What stays switched off follows the defaults of later releases.
#
#   imdctl --config FILE check     says what is wrong, with file and line
#   imdctl reload                  puts changes in force without a restart (so does SIGHUP)
#
# Those marked "next start" need a restart. A wrong setting changes nothing, and the log says why.
# Relative file names count from the folder of this file. For a first public server you need
# domain, listen and tls; all else can wait.
"""

_REDIS: Final = """\
# imd on a Redis of the same machine. Only what differs from the defaults is here; conf/imd.toml
# explains every setting.
#
#   twistd -n imd --config conf/redis.toml
#
# imd loses no message that was accepted if Redis loses nothing it has confirmed. In redis.conf:
#
#   appendonly yes
#   appendfsync always
#   maxmemory-policy noeviction
#
# With weaker settings imd starts with a warning, and `imdctl status` shows `durability: weak`.

# Certificates and the control socket, beside the folder of this file.
data = "../imd-data"

[store]
# With a user of Redis's ACL: "redis://USER:PASSWORD@127.0.0.1:6379/0".
url = "redis://127.0.0.1:6379/0"

# With TLS: url = "rediss://redis.example.org:6379/0", and where the system does not know the
# authority, or Redis asks for a certificate:
#ca = "redis-ca.pem"
#certificate = "redis-client.pem"
#key = "redis-client.key"
"""

_DOCS_HEAD: Final = """\
# Settings

% Written by `python -m imd.config.template docs`; change imd/config/sections or limits instead.

imd runs without a settings file: the defaults below hold. `conf/imd.toml` is a sample with every
setting, `conf/redis.toml` is ready to use with Redis.

    twistd -n imd --config imd.toml --set limits.rooms=100 --set listen.irc='["tcp:6667"]'

- The file is [TOML](https://toml.io). `--set KEY=VALUE` wins over it; VALUE is TOML, so a text has
  double quotes, and the shell wants single quotes around those. `--data DIR` wins over `data`.
- Relative file names count from the folder of the settings file, without one from the working
  directory. `--data` counts from the working directory.
- Times: a number and `ms`, `s`, `min`, `hours`, `days` or `weeks`; or `"0"`.
- Sizes: a number of bytes, or with `KiB`, `MiB`, `GiB`, `kB`, `MB`, `GB`.
- An unknown key is an error that names file, line and the nearest key that exists.
  `imdctl --config FILE check` lists everything that is wrong.
- `imdctl reload` and SIGHUP read the file again. If anything in it is wrong, all old settings stay
  in force, and the log says why. Settings marked *next start* wait for a restart.

## At the top
"""


def sample() -> str:
    """The text of `conf/imd.toml`: every setting with its default, switched off, and its explanation."""
    parts = [_TOML_HEAD]
    parts += [_sample_setting(setting) for setting in _members("")]
    for section, table in sections().items():
        parts.append(f"\n{_comment(_about(table))}[{section}]\n")
        parts += [_sample_setting(setting) for setting in _members(section)]
    return "\n".join(parts)


def redis() -> str:
    """The text of `conf/redis.toml`."""
    return _REDIS


def docs() -> str:
    """The text of `docs/settings.md`."""
    parts = [_DOCS_HEAD]
    parts += [_docs_setting(setting) for setting in _members("")]
    for section, table in sections().items():
        parts.append(f"## {section}\n\n{_filled(_about(table))}")
        parts += [_docs_setting(setting) for setting in _members(section)]
    return "\n".join(parts)


def _sample_setting(setting: Setting) -> str:
    text = setting.description
    if not setting.live:
        text += " (Next start.)"
    lines = _comment(text)
    if setting.reason:
        lines += _comment(f"Why: {setting.reason}")
    if setting.example:
        lines += _comment(f"Example: {setting.name} = {setting.example}")
    return f"{lines}#{setting.name} = {as_toml(setting.default)}\n"


def _docs_setting(setting: Setting) -> str:
    lines = [
        f"### {setting.key}\n",
        _filled(setting.description),
        _item(f"Default: `{as_toml(setting.default)}`. {setting.reason}"),
        _item(f"It must be {setting.allowed}."),
    ]
    if setting.example:
        lines.append(_item(f"Example: `{setting.name} = {setting.example}`"))
    lines.append(_item("A change takes effect at " + ("a reload." if setting.live else "the *next start*.")))
    if setting.switched:
        lines.append(_item("Switched off by `limits.enabled = false`."))
    return "\n".join(lines) + "\n"


def _members(section: str) -> list[Setting]:
    return [setting for setting in catalogue().values() if setting.section == section]


def _about(table: type[msgspec.Struct]) -> str:
    return " ".join((inspect.getdoc(table) or "").split())


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in _wrapped(text, _WIDTH - 2))


def _filled(text: str) -> str:
    return "".join(f"{line}\n" for line in _wrapped(text, _WIDTH))


def _item(text: str) -> str:
    first, *rest = _wrapped(text.strip(), _WIDTH - 2)
    return "\n".join([f"- {first}", *(f"  {line}" for line in rest)])


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def main(arguments: list[str]) -> int:
    """Print one of the texts."""
    texts = {"imd": sample, "redis": redis, "docs": docs}
    name = arguments[0] if arguments else "imd"
    if len(arguments) > 1 or name not in texts:
        sys.stderr.write(f"usage: python -m imd.config.template [{'|'.join(texts)}]\n")
        return 2
    sys.stdout.write(texts[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
