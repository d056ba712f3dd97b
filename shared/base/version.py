"""The version of the code, as in every report and every run's log line."""

VERSION = "0.2.0"
