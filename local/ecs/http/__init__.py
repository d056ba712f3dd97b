"""The bytes: endpoint, signatures, control API and status page."""
