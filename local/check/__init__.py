"""The checks of ``python -m local check`` on an s.yaml before it is deployed."""
