"""Tests of the ECS emulator."""
