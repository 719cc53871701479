"""Run the command line as `python -m route112.apps`."""

from route112.apps.cli import main

if __name__ == "__main__":
    main()
