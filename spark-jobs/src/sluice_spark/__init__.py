"""The Spark writer of Sluice: users from a Kafka topic into a Cassandra table, as the stream-writer writes them."""
