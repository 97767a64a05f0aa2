from enum import IntEnum

class Kind(IntEnum):
    ABSENT = 0
    NULL_ = 1
    EMPTY = 2
    TEXT = 3
    BOOLEAN = 4
    NUMBER = 5
    OBJECT = 6
    ARRAY = 7
