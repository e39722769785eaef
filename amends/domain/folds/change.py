"""What a fold gives: fields of the case and their new values."""

from typing import Any

Change = dict[str, Any]
