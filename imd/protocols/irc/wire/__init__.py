"""IRC as bytes: no sockets, no clock, nothing of imd.

line.py      bytes ↔ `Line`: framing, limits, parameters, source
tags.py      message tags and their escapes
multiline.py messages of several lines ↔ the lines of a batch
packing.py   words into as few lines as they fit in
splitting.py long or many-lined text into bodies that fit a line
"""
