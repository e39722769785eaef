"""Forms as a browser without JavaScript would send them: with what stands in every field."""

from html.parser import HTMLParser


class _Forms(HTMLParser):
    """All forms of a page that do something: where they lead and what their fields hold."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._inside = False
        self._select = ""
        self._option: str | None = None
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = has.get("method") == "post"
            if self._inside:
                self.found.append((has.get("action", ""), {}))
        if not self._inside:
            return
        fields, name = self.found[-1][1], has.get("name", "")
        if tag == "input" and name and "disabled" not in has:
            picked = has.get("type") not in ("radio", "checkbox") or "checked" in has
            if picked:
                fields[name] = has.get("value", "")
        elif tag == "textarea":
            self._textarea = name
            fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in has or self._select not in fields):
            fields[self._select] = has.get("value", "")
            self._option = None if "value" in has else self._select

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.found[-1][1][self._textarea] += data
        elif self._option:
            self.found[-1][1][self._option] = data
            self._option = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""


def filled(page: str, action: str, **given: str) -> dict[str, str]:
    """The fields of the form that leads to `action`, with what is entered; `evidence__0__note` stands for dots."""
    forms = _Forms()
    forms.feed(page)
    fields = next((fields for leads_to, fields in forms.found if leads_to.partition("#")[0].endswith(action)), None)
    assert fields is not None, f"no form leads to {action}, only to {[leads_to for leads_to, _ in forms.found]}"
    return fields | {name.replace("__", "."): value for name, value in given.items()}
