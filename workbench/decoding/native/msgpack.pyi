from workbench.decoding.native.value_reader import ValueReader

class MsgpackReader(ValueReader):
    def __init__(self) -> None: ...
