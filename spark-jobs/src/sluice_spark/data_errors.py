"""Why a record is refused, in the words that the TypeScript writer uses, too."""

from __future__ import annotations

from typing import Final, NamedTuple

#: Every reason, with its meaning: those of `libs/record-schema/src/errors.ts` that reading a message can give.
MEANINGS: Final[dict[str, str]] = {
    # The value as a whole.
    "empty-value": "the value has no bytes",
    "bom": "the value begins with a byte order mark",
    "invalid-utf8": "the value is not valid UTF-8",
    "bad-json": "the value is not valid JSON",
    "not-an-object": "the value is not a JSON object",
    "trailing-bytes": "bytes follow the value, other than white space after JSON",
    "bad-avro": "the value is not what its schema says in Avro binary encoding: cut short, or not Avro",
    "too-deep": "an unknown field is nested too deeply",
    # A key or a string, of the named field where one is named.
    "duplicate-key": "a key occurs twice",
    "lone-surrogate": "a string holds half of a surrogate pair",
    "control-character": "a string holds a control character that is not escaped",
    # A field.
    "missing": "the field is required and absent",
    "null": "the field is required and null",
    "wrong-type": "the value has a type that the field cannot take",
    "not-a-number": "the string does not hold a JSON number",
    "not-an-integer": "the number has a fraction",
    "not-a-boolean": "the string is neither true nor false",
    "non-finite": "the number is too large for its type, or is not a number",
    "out-of-range": "the value is outside the range of the field",
    "bad-uuid": "the string is not a UUID of the form 8-4-4-4-12",
    "not-bytes": "the string has a character beyond U+00FF, which stands for no byte",
    "unknown-symbol": "the string is none of the symbols of the enum",
    "bad-date": "the string is not a date of the form YYYY-MM-DD",
    "bad-timestamp": "the string is not an ISO-8601 date or date-time",
    "no-time-zone": "the date-time has no time zone",
    "impossible-date": "the date or the time of day does not exist",
    # What surrounds the value in a message.
    "bad-key": "the message key is not a key of this record",
    "key-mismatch": "the message key differs from the key in the value",
    "bad-write-timestamp": "the write timestamp is malformed, or too small for microseconds since the epoch",
    "missing-timestamp": "the message has no timestamp",
    "future-timestamp": "the message timestamp lies too far in the future",
    "short-frame": "the value ends within the schema id that it begins with",
    "schema-id-in-header": "the schema id of the value is in a header, which is not read: it has to be in the value",
    "long-schema-id": "the value begins with a schema id of eight bytes, which is not read: it has to have four",
    "no-registry": "the value is framed for a schema registry, and none is configured",
    "unknown-schema": "the schema registry does not know the schema id that the value begins with",
    "incompatible-schema": ("the schema that the value was written with cannot be read as the schema of this topic"),
    # Anything else that reading it, or making a row of it, raised.
    "decode-failed": "the record cannot be decoded",
    "transform-failed": "the row cannot be made of the record",
}


class DataError(Exception):
    """A record that is refused because of its own content. Names the field and the reason, never the value.

    `code` is `field:reason`, as in `latitude:out-of-range`, or the reason alone where no field is at fault. The message is
    that of the TypeScript writer, but for the detail.
    """

    def __init__(self, reason: str, field: str | None = None, detail: str | None = None) -> None:
        """Args: detail: what else is known, without a value of the record; cut after 500 characters."""
        self.reason = reason
        self.field = field
        self.code = reason if field is None else f"{field}:{reason}"
        more = "" if detail is None else f" ({detail[:500]})"
        super().__init__(f"{self.code}: {MEANINGS[reason]}{more}")


class Refusal(NamedTuple):
    """Why a record becomes a dead letter: the stage that refuses it, and what its headers say."""

    stage: str
    code: str
    message: str


#: A record that is not decoded, as its value is larger than MAX_DECOMPRESSED_BATCH_BYTES.
TOO_LARGE: Final = Refusal(
    "source", "record-too-large", "record-too-large: the value is larger than MAX_DECOMPRESSED_BATCH_BYTES"
)


def refusal_of(error: Exception, stage: str = "decode") -> Refusal:
    """What any error about one record says of it. The text of an unexpected error may quote the record: only its name is kept."""
    if isinstance(error, DataError):
        return Refusal(stage, error.code, str(error))
    code = f"{stage}-failed"
    return Refusal(stage, code, f"{code}: {MEANINGS[code]} ({type(error).__name__})")


class TransformError(Exception):
    """What making a row of a decoded message raised."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(type(cause).__name__)
        self.refusal = refusal_of(cause, "transform")


class SchemaError(Exception):
    """A schema that is not valid Avro, that asks for something not supported, or that the reader cannot read."""
