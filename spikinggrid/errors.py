"""The one kind of error that a user causes and can mend."""


class InputError(ValueError):
    """What the user gave cannot be used: a file, a key, a value, a full disk.

    The message is for the user alone: it names the file and the key, says what was
    found and what would be right, one mistake a line. The command line prints it
    without a traceback and exits with code 2.
    """


class Refusal(InputError):
    """An answer would not be worth trusting, though nothing in the input is wrong; exit code 3."""
