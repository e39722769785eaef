"""The commands of `amends`. A command's module is read only when that command runs."""

from cyclopts import App

from amends import __doc__ as summary

app = App(name="amends", help=summary)

_COMMANDS = ("demo", "serve", "worker", "migrate", "password", "policy", "bench", "doctor")
_OF_DOSSIERS = ("dossier", "verify", "redact")

for _command in (*_COMMANDS, *_OF_DOSSIERS):
    # `policy` is a cyclopts App of its own; the others are plain functions.
    _attribute = "app" if _command == "policy" else _command
    app.command(f"amends.cli.{_command}:{_attribute}", name=_command)
