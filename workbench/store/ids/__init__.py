"""The index of ids: which rows of a snapshot have, or name, an event id, a correlation id or a trace id.

It lies beside the decoded rows of a segment and is searched instead of them. Rows that no such file covers, those in
the file itself and those of earlier versions, are indexed in memory when they are first asked for.
"""
