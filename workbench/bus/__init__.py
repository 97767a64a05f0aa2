"""Record logs behind one protocol: memory, Kafka, and the event-bus contract above them."""
