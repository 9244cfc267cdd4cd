"""The whole of taskbridge on one machine: the same template on an AWS emulator, with simulators beside it."""
