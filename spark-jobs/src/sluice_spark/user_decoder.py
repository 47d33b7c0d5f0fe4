"""The decoder of users, as the configuration of the job has it."""

from __future__ import annotations

from typing import Final

from sluice_spark.config import JobConfig
from sluice_spark.decoding import DecoderSettings
from sluice_spark.schemas import row_schema

#: As libs/record-schema maps them, of the kinds that the row has.
_CQL_TYPES: Final = {
    "string": "text",
    "uuid": "uuid",
    "int": "int",
    "long": "bigint",
    "double": "double",
    "timestamp-millis": "timestamp",
}


def decoder_settings(config: JobConfig, now_ms: int) -> DecoderSettings:
    """Settings of the decoder for a batch that begins at `now_ms`."""
    return DecoderSettings(
        now_ms=now_ms,
        registry=config.registry,
        max_clock_skew_ms=config.max_clock_skew_ms,
    )


def table_columns() -> dict[str, str]:
    """CQL type by column, in the order of the schema."""
    return {field.name: _CQL_TYPES[field.kind] for field in row_schema().fields}
