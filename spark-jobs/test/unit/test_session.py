from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import SparkSession


def test_arrow_batches_reach_python_and_come_back(spark: SparkSession) -> None:
    def same(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from batches

    frame = spark.createDataFrame([(1,)], "number int")
    assert [tuple(row) for row in frame.mapInArrow(same, "number int").collect()] == [(1,)]
