"""The commands of `amends`. A command's module is read only when that command runs."""

from cyclopts import App

from amends import __doc__ as summary

app = App(name="amends", help=summary)

_COMMANDS = ("demo", "serve", "worker", "migrate", "password", "keys", "policy", "bench", "doctor")
_OF_RECORDS = ("dossier", "verify", "redact", "ledger", "retention")
_OF_SEVERAL = ("keys", "policy", "ledger", "retention")
"""These are a cyclopts App of their own; the others are plain functions."""

for _command in (*_COMMANDS, *_OF_RECORDS):
    _attribute = "app" if _command in _OF_SEVERAL else _command
    app.command(f"amends.cli.{_command}:{_attribute}", name=_command)
