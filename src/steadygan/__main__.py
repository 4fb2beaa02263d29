"""The program: the command ``steadygan``, and ``python -m steadygan``.

Nothing is imported before Ctrl-C is handled, because the imports take seconds.
"""

BROKEN_OFF = 130


def main() -> None:
    """Run the command line and exit; Ctrl-C ends it without a traceback from the first moment on."""
    try:
        from steadygan.startup import be_quiet_when_interrupted

        be_quiet_when_interrupted()
        from steadygan.cli import main as run

        run()
    except KeyboardInterrupt:
        # in the few lines in which neither of the above handles it
        raise SystemExit(BROKEN_OFF) from None
    except Exception as error:
        from steadygan.startup import leave_without_memory

        leave_without_memory(error)
        raise


if __name__ == "__main__":
    main()
