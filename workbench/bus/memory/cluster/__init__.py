"""The embedded cluster: topics, consumer groups and transactional ids that all logs of one name share."""
