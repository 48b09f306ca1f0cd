"""Files from others are read on probation first: by a child process with limits of time and memory, before the program reads them itself.

What limits and checks before parsing cannot exclude (:mod:`layers.untrusted`) then ends the child and not the program, and becomes one sentence that
names the file. What has been read well is remembered by its content, so that a county is put on probation once, and again when a file has changed.
:mod:`layers.probation.trial` is what others call; nothing is imported here, as a child needs little.
"""
