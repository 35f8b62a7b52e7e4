"""HTTP as the service speaks it: strict bodies, batch envelopes, problems, cursors, one log line, one document."""
