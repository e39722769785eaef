"""The reference as OpenAPI 3.1, made from the very types that requests are decoded into."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from amends.application.pruning import IDEMPOTENCY_DAYS
from amends.domain import commands as k
from amends.domain.events import Event
from amends.domain.permissions import ROLES
from amends.web.answers import Answered
from amends.web.api.batches import BatchItem
from amends.web.call import Operation
from amends.web.commanding import VERBS
from amends.web.problems import MEDIA_TYPE, PROBLEMS, REFUSAL_STATUS

_REF = "#/components/schemas/{name}"

_HEADERS: Mapping[str, dict[str, Any]] = {
    "Amends-Actor": {
        "description": "The party that the key acts for: `buyer/b42`, `merchant/1001/li`, `platform/zhou`, `system`.",
        "schema": {"type": "string"},
        "example": "buyer/b42",
    },
    "Accept-Language": {
        "description": "`zh` (default) or `en`, for every sentence in the answer.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "description": (
            "The same key with the same body gives the first answer again, for at least "
            f"{IDEMPOTENCY_DAYS} days; with another body it is refused."
        ),
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    },
    "If-Match": {
        "description": 'The version that the sender saw, like `"7"`; another one is refused with 412.',
        "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    },
}

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. Beside these members stand the facts of the code.",
    "required": ["type", "code", "status", "title", "detail", "waiting_helps"],
    "properties": {
        "type": {"type": "string", "description": "`/refusals/<code>` for the rules, `/problems/<code>` for the rest."},
        "code": {"type": "string"},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "advice": {"type": "string"},
        "waiting_helps": {"type": "boolean"},
        "may_do_now": {"type": "array", "items": {"type": "string"}, "description": "Verbs that are open instead."},
        "openings": {
            "type": "object",
            "description": "With a refused opening: possible reasons by kind, open cases, when to come again.",
            "properties": {
                "reasons": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
                "open_cases": {"type": "array", "items": {"type": "string"}},
                "possible_from": {"type": "string", "format": "date-time"},
            },
        },
        "also": {"type": "array", "items": {"type": "object"}, "description": "Further refusals at the same time."},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}


def document(handlers: Iterable[HTTPRouteHandler]) -> dict[str, Any]:
    """All calls, their bodies, answers and problems."""
    operations = [handler.opt["operation"] for handler in handlers if "operation" in handler.opt]
    operations += [_command(verb, kind) for verb, kind in VERBS.items()]
    schemas, components = _schemas(operations)
    paths: dict[str, Any] = {}
    for operation in operations:
        path = operation.path.replace(":str", "")
        paths.setdefault(path, {})[operation.method.lower()] = _described(operation, path, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "amends",
            "version": version("amends"),
            "description": "After-sales and disputes of a marketplace. Ids are strings, amounts integers in minor "
            "units, instants RFC 3339 in UTC. Every error is a problem with a stable `code`.",
        },
        "security": [{"key": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A service key."}},
        },
    }


def _command(verb: str, kind: type[k.Command]) -> Operation:
    summary = (kind.__doc__ or verb).strip().partition("\n")[0]
    return Operation("POST", f"/v1/cases/{{case_id}}/{verb}", summary, body=kind, answer=Answered, needs_actor=True)


def _schemas(operations: Iterable[Operation]) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    kinds = dict.fromkeys(
        kind for operation in operations for kind in (operation.body, operation.answer) if kind is not None
    )
    events: list[type[Event]] = Event.__subclasses__()
    found, components = msgspec.json.schema_components([*kinds, *events], ref_template=_REF)
    schemas = dict(zip([*kinds, *events], found, strict=True))
    for name in ("case_id", "merchant_id"):
        components["CaseOpened"]["properties"][name] = {"type": "string"}
    components["PublicFact"]["properties"]["event"] = {"oneOf": [schemas[kind] for kind in events]}
    components["Answers"]["properties"]["answers"]["items"] = {
        "oneOf": [
            schemas[Answered],
            {
                "type": "object",
                "required": ["problem"],
                "properties": {"problem": {"$ref": _REF.format(name="Problem")}},
            },
        ]
    }
    verbs = [k.verb(kind) for kind in k.ALL_COMMANDS]
    components["Batch"]["properties"]["commands"]["items"] = {"$ref": _REF.format(name="BatchItem")}
    components |= msgspec.json.schema_components([BatchItem], ref_template=_REF)[1]
    components["BatchItem"]["properties"]["command"] = {
        "type": "object",
        "description": "The verb as `command`, and its fields beside it.",
        "required": ["command"],
        "properties": {"command": {"enum": verbs}},
    }
    components["Problem"] = _PROBLEM
    for schema in components.values():
        schema["description"] = cleandoc(schema.get("description", ""))
        if "enum" in schema.get("properties", {}).get("command", ()):
            # The verb stands in the path; a body may repeat it, which nobody needs to know.
            del schema["properties"]["command"]
            schema["required"] = [name for name in schema["required"] if name != "command"]
    return schemas, components


def _described(operation: Operation, path: str, schemas: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{operation.method.lower()} {path}",
        "summary": operation.summary,
        "tags": [path.split("/")[2] if path.startswith("/v1/") else "service"],
        "parameters": [*_path_parameters(path), *_query_parameters(operation.query), *_header_parameters(operation)],
        "responses": _responses(operation, schemas),
    }
    verb = path.rpartition("/")[2]
    if verb in VERBS and path.startswith("/v1/cases/"):
        described["description"] = f"Sent by: {', '.join(sorted(ROLES[VERBS[verb]]))}."
    if operation.sends:
        described["requestBody"] = {"required": True, "content": {media_type: {} for media_type in operation.sends}}
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[operation.body]}},
        }
    return described


def _responses(operation: Operation, schemas: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    schema = {} if operation.answer is None else {"schema": schemas[operation.answer]}
    content = dict.fromkeys(operation.media, schema)
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}}
    statuses = {kind.status for kind in PROBLEMS.values()} | set(REFUSAL_STATUS.values())
    return {
        str(operation.status): {"description": "Done.", "content": content},
        **{str(status): {"description": _STATUSES[status], **problem} for status in sorted(statuses)},
    }


_STATUSES = {
    400: "The request cannot be read.",
    401: "The key is missing or unknown.",
    403: "Not yours, or not your role's.",
    404: "Unknown.",
    405: "Not possible here.",
    409: "Refused by the rules; the facts say why and until when.",
    412: "The case has changed meanwhile.",
    413: "Too large.",
    422: "A field does not fit; every fault is named.",
    500: "A fault of the service.",
    503: "Too busy or away; `Retry-After` says when to come back.",
}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, **_EXAMPLES.get(name, {})}
        for name in names
    ]


_EXAMPLES = {"case_id": {"example": "1001-0F3K9QZ2A7M1C"}, "merchant_id": {"example": "1001"}}


def _query_parameters(query: type[Struct] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    (_,), components = msgspec.json.schema_components([query], ref_template=_REF)
    schema = components[query.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema["required"],
            "schema": _inlined(kind, components),
            **({"style": "form", "explode": False} if kind.get("type") == "array" else {}),
        }
        for name, kind in schema["properties"].items()
    ]


def _inlined(schema: Any, components: Mapping[str, Any]) -> Any:
    """Parameters are small: they say what they take where they stand."""
    match schema:
        case {"$ref": ref}:
            return _inlined(components[ref.rpartition("/")[2]], components)
        case {"anyOf": [kind, {"type": "null"}]}:
            return _inlined(kind, components)
        case dict():
            return {name: _inlined(value, components) for name, value in schema.items() if name != "default"}
        case list() | tuple():
            return [_inlined(value, components) for value in schema]
    return schema


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    names = ["Accept-Language"]
    if operation.path.startswith("/v1/"):
        names.append("Amends-Actor")
    if operation.answer is Answered or operation.path == "/v1/orders":
        names.append("Idempotency-Key")
    if operation.path.startswith("/v1/cases/{case_id}/") and operation.method == "POST":
        names.append("If-Match")
    return [
        {"name": name, "in": "header", "required": name == "Amends-Actor" and operation.needs_actor, **_HEADERS[name]}
        for name in names
    ]
