"""The version of the code, as every report and every run's log line say it."""

VERSION = "0.2.0"
