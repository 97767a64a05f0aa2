"""SQL over a snapshot of the demo traffic: its event types, and a workflow that is worth tracing."""

EVENT_COUNTS = "SELECT event_type, count(*) AS n FROM events GROUP BY event_type ORDER BY n DESC, event_type"
"""Counts the events of each type, most frequent first."""

LARGEST_WORKFLOW = """
    SELECT correlation_id, count(*) AS n FROM events
    WHERE event_type = 'workflow.completed' OR event_type LIKE 'dev.cdevents.%' OR event_type LIKE 'task.%'
    GROUP BY correlation_id HAVING bool_or(event_type = 'workflow.completed') ORDER BY n DESC, correlation_id LIMIT 1
"""
"""Selects the correlation id of the completed workflow that has the most task events, and their number."""
