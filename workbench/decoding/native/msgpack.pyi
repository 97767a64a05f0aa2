from workbench.decoding.native.json_text import ValueReader

class MsgpackReader(ValueReader):
    def __init__(self) -> None: ...
