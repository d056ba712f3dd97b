"""What runs on a person's machine and is never deployed: the ECS emulator and the command line."""
