"""``python -m steadygan``."""

from steadygan.cli import main

if __name__ == "__main__":
    main()
