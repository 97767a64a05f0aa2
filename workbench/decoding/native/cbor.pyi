from workbench.decoding.native.json_text import ValueReader

class CborReader(ValueReader):
    def __init__(self) -> None: ...
