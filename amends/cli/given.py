"""Settings as a command's options change them."""

import os
import sys
from pathlib import Path

from amends.settings import PREFIX, Settings, SettingsRefused, load_settings


def given(*, port: int | None = None, data_dir: Path | None = None) -> Settings:
    """The settings of the environment under the options; the options become variables, for processes started from here.

    Ends the program with every fault named.
    """
    for name, value in (("PORT", port), ("DATA_DIR", data_dir)):
        if value is not None:
            os.environ[PREFIX + name] = str(value)
    try:
        return load_settings(os.environ)
    except SettingsRefused as refused:
        sys.exit(str(refused))
