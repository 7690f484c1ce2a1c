"""What Linux alone needs: a Debian package, an AppDir, and what a desktop is told of the program."""
