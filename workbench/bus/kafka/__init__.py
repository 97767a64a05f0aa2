"""The record log over Apache Kafka: aiokafka's connections, our own reading, writing and decoding."""

from workbench.bus.kafka.log import KafkaLog
from workbench.bus.kafka.security import KafkaSecurity

__all__ = ["KafkaLog", "KafkaSecurity"]
