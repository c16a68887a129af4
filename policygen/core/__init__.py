"""The pure middle of policygen: answers → selection → document.

Nothing in this package touches Django, a disk, a network or a clock. Everything it needs comes in
as a value and everything it makes goes out as a value.
"""
