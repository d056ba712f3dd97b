"""``python -m local.ecs``: the emulator by itself."""

from local.ecs.command import command

if __name__ == "__main__":
    command(prog_name="python -m local.ecs")
