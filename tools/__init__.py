"""What the Makefile runs: no part of the functions and none of the local tools."""
