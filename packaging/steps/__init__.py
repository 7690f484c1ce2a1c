"""What `packaging/build.py` does, one module for each thing that is built.

A step is a module with

    SYSTEMS   the systems it is for: "linux", "windows", "macos"
    TOOLS     program -> how to add it: what the step needs of the system, beside Python; all are looked for before anything is built
    make(build) -> list[Path]    builds, and returns the files or folders that came of it; raises BuildError with a sentence

and a line in STEPS of `packaging/build.py`, where the order is the order of building.
"""
