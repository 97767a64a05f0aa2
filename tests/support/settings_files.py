"""The text of a settings file that uses every table."""

from __future__ import annotations

WHOLE = """
default = "staging"

[clusters.staging]
address = "kafka://staging.example:9093"
security_protocol = "SASL_SSL"
sasl_mechanism = "SCRAM-SHA-512"
sasl_username = "ann"
sasl_password_env = "STAGING_PASSWORD"
ssl_cafile = "certs/ca.pem"

[clusters.production]
address = "redpanda://a.example,b.example"
protected = true

[clusters.here]
address = "localhost:29092"

[clusters.mirror]
address = "127.0.0.1:29093"
protected = true

[clusters.lab]
address = "lab.example"
development = true

[conventions.wiki]
id = ["$.meta.id"]

[topics]
"wiki.*" = "wiki"
"""
