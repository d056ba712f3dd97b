"""The commands of ``python -m local``, one a module; each is called ``command`` there."""
