"""Reads JSON tokens (RFC 8259) one by one, as `libs/record-schema/src/json-scanner.ts` does."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from sluice_spark.data_errors import DataError

#: Nesting allowed inside an unknown field, which nobody looks at.
MAX_DEPTH: Final = 64
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WHITE_SPACE: Final = re.compile(r"[ \t\n\r]*")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DIGITS: Final = re.compile(r"[0-9]+")


class JsonScanner:
    """One value. Every method raises DataError at the first fault, in reading order."""

    def __init__(self, value: bytes) -> None:
        if not value:
            raise DataError("empty-value")
        if value.startswith(b"\xef\xbb\xbf"):
            raise DataError("bom")
        try:
            self._text = value.decode("utf-8")
        except UnicodeDecodeError:
            raise DataError("invalid-utf8") from None
        self._at = 0
        #: The field that is being read, for errors in its strings.
        self.field: str | None = None

    def fail(self, reason: str) -> NoReturn:
        """Refuses the field that is being read."""
        raise DataError(reason, self.field)

    def malformed(self) -> NoReturn:
        """Malformed JSON is a fault of the value, whichever field it is met in."""
        raise DataError("bad-json")

    def peek(self) -> str:
        """Skips white space and gives the character after it, unconsumed; an empty text at the end."""
        match = _WHITE_SPACE.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return self._text[self._at : self._at + 1]

    def is_at_end(self) -> bool:
        """Whether only white space follows."""
        return self.peek() == ""

    def open(self, close: str) -> bool:
        """Consumes the brace or bracket that was peeked. Then: does a member follow, which is peeked?"""
        self._at += 1
        if self.peek() != close:
            return True
        self._at += 1
        return False

    def next(self, close: str) -> bool:
        """After a member: does another follow?"""
        if self.peek() != ",":
            self.expect(close)
            return False
        self._at += 1
        self.peek()
        return True

    def expect(self, character: str) -> None:
        """Consumes a character that must come next, after white space."""
        if self.peek() != character:
            self.malformed()
        self._at += 1

    def take(self, word: str) -> bool:
        """Consumes a word, if it comes next."""
        if not self._text.startswith(word, self._at):
            return False
        self._at += len(word)
        return True

    def read_key(self) -> str:
        """Reads the key of a member."""
        return self.read_string() if self.peek() == '"' else self.malformed()

    def read_string(self) -> str:
        """Reads the string whose opening quote was peeked."""
        text = self._text
        at = self._at + 1
        parts: list[str] = []
        escaped = False
        while True:
            match = _PLAIN.match(text, at)
            if match is not None:
                parts.append(match.group())
                at = match.end()
            character = text[at : at + 1]
            if character == '"':
                break
            if character == "":
                self.malformed()
            if character != "\\":
                self.fail("control-character")
            character, at = self._escape(at + 1)
            parts.append(character)
            escaped = True
        self._at = at + 1
        string = "".join(parts)
        return self._well_formed(string) if escaped else string

    def read_number(self) -> str:
        """Reads the number that begins at the character that was peeked, and gives its source text."""
        text = self._text
        start = self._at
        whole = _WHOLE.match(text, start)
        at = self.malformed() if whole is None else whole.end()
        if text.startswith(".", at):
            at = self._end_of_digits(at + 1)
        if text.startswith(("e", "E"), at):
            at += 2 if text.startswith(("+", "-"), at + 1) else 1
            at = self._end_of_digits(at)
        self._at = at
        return text[start:at]

    def skip_value(self, depth: int = 0) -> None:
        """Reads over a value of any kind, as strictly as over one that is kept."""
        character = self.peek()
        if character == '"':
            self.read_string()
        elif starts_number(character):
            self.read_number()
        elif character in ("{", "["):
            self._skip_nested(character, depth + 1)
        elif not (self.take("true") or self.take("false") or self.take("null")):
            self.malformed()

    def _skip_nested(self, opening: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.fail("too-deep")
        close = "}" if opening == "{" else "]"
        more = self.open(close)
        while more:
            if opening == "{":
                self.read_key()
                self.expect(":")
            self.skip_value(depth)
            more = self.next(close)

    def _escape(self, at: int) -> tuple[str, int]:
        """The character that stands after a backslash, and where the text goes on."""
        letter = self._text[at : at + 1]
        if letter == "u":
            match = _HEX.match(self._text, at + 1)
            return (chr(int(match.group(), 16)), at + 5) if match else self.malformed()
        character = _ESCAPES.get(letter)
        return (character, at + 1) if character is not None else self.malformed()

    def _well_formed(self, string: str) -> str:
        """The string with pairs of surrogates made one character. Only escapes make them: the bytes are valid UTF-8."""
        try:
            return string.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            return self.fail("lone-surrogate")

    def _end_of_digits(self, start: int) -> int:
        match = _DIGITS.match(self._text, start)
        return match.end() if match else self.malformed()


def starts_number(character: str) -> bool:
    """Whether a number begins with the character."""
    return character != "" and character in "-0123456789"
