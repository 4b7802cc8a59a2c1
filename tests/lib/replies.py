# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks replies against schema/replies.schema.json: a field that is missing, that the schema does not name, or that has another
type is an error. Knows the part of JSON Schema that this schema uses, and fails on any other."""

import json
import os

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schema", "replies.schema.json")
KNOWN = {"$ref", "type", "description", "properties", "required", "items", "enum", "const", "additionalProperties"}
TYPES = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


with open(FILE) as file:
    DEFINITIONS = json.load(file)["$defs"]


def errors(command, reply):
    """The errors of a reply, as texts with the place; none if it is as the schema has it. `command` is also `line`, of logs."""
    found = []
    visit({"$ref": "#/$defs/" + command}, reply, command, found)
    return found


def visit(schema, value, place, found):
    assert set(schema) <= KNOWN, "the schema has %s at %s" % (set(schema) - KNOWN, place)
    if "$ref" in schema:
        visit(DEFINITIONS[schema["$ref"].rsplit("/", 1)[1]], value, place, found)
        return
    types = schema.get("type")
    types = [types] if isinstance(types, str) else types
    if types and not any(TYPES[each](value) for each in types):
        found.append("%s: %.80r is not of type %s" % (place, value, " or ".join(types)))
        return
    if "enum" in schema and value not in schema["enum"] or "const" in schema and value != schema["const"]:
        found.append("%s: %.80r is no such word" % (place, value))
    if isinstance(value, list):
        for number, each in enumerate(value):
            visit(schema.get("items", {}), each, "%s[%d]" % (place, number), found)
    if isinstance(value, dict):
        found += ["%s: %s is missing" % (place, name) for name in schema.get("required", ()) if name not in value]
        others = schema.get("additionalProperties")
        for name, each in value.items():
            known = schema.get("properties", {}).get(name, others)
            if known is None:
                found.append("%s: nothing is known of %s" % (place, name))
            else:
                visit(known, each, "%s.%s" % (place, name), found)
