"""What ``python -m local check`` asks of an s.yaml before it is deployed."""
