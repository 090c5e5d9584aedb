"""The cards of the members."""


def greeting():
    return b"welcome, member\n"
