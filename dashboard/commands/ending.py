"""Every way a command can end, as its exit code: a sentence on stderr, and never a traceback."""

from __future__ import annotations

import os
import sys
import traceback

import typer

from collectors.errors import TombstoneError, Unreachable, UsageError
from dashboard.commands.heads import newest_head_told
from dashboard.commands.streams import checked_text

DONE, FOUND, WRONG_USAGE, UNREACHABLE, OWN_FAULT, INTERRUPTED = 0, 1, 2, 3, 4, 130


def run(app: typer.Typer, arguments: list[str], *, debug: bool) -> int:
    """Run the command; with `debug`, a fault of our own leaves its traceback on stderr."""
    try:
        for argument in arguments:
            checked_text(argument)
        with newest_head_told():
            code = app(arguments, prog_name="tombstone", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except typer.TyperException as error:
        return _complain(error.format_message().replace(": Value error, ", ": "), WRONG_USAGE)
    except UsageError as error:
        return _complain(str(error), WRONG_USAGE)
    except Unreachable as error:
        return _complain(str(error), UNREACHABLE)
    except TombstoneError as error:
        return _complain(str(error), OWN_FAULT)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # Typer's answer to a reader who has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE
        raise
    except Exception as error:  # the outermost boundary: whatever is left is our fault
        from collectors.evidence.trouble import store_trouble

        if (said := store_trouble(error)) is not None:
            return _complain(f"The store does not answer just now: {said}.", UNREACHABLE)
        _report(error)
        if debug:
            traceback.print_exc()
        return _complain(f"A fault of our own: {type(error).__name__} (--debug).", OWN_FAULT)
    return code if isinstance(code, int) else DONE


def _report(error: Exception) -> None:
    import sentry_sdk

    sentry_sdk.capture_exception(error)
    sentry_sdk.flush(timeout=2)


def _complain(sentence: str, code: int) -> int:
    from dashboard.output import say

    say(f"tombstone: {sentence}")
    return code
